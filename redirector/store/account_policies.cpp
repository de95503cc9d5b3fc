#include "redirector/store/account_policies.hpp"

#include "redirector/scan/partition.hpp"
#include "redirector/store/documents.hpp"
#include "redirector/store/keyspace.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace redirector::store {

namespace json = boost::json;

AccountPolicy decode_account_policy(std::string_view record) {
    AccountPolicy policy;
    const auto parts = decode_document(record);
    if (!parts) return policy;
    json::error_code error;
    const json::value value = json::parse({parts->json.data(), parts->json.size()}, error);
    if (error || !value.is_object()) return policy;
    if (const json::value* bots = value.get_object().if_contains("countBots"))
        policy.count_bots = !bots->is_bool() || bots->get_bool();
    const json::value* const days = value.get_object().if_contains("retentionDays");
    if (days != nullptr && days->is_int64() && days->get_int64() > 0)
        policy.retention_days =
            static_cast<std::uint32_t>(std::min(days->get_int64(), AccountPolicy::kMostDays));
    return policy;
}

std::optional<AccountPolicy> AccountPolicies::find(std::string_view account) const {
    const auto found = learnt_.find(account);
    if (found == learnt_.end() || Clock::now() - found->second.at > kAge) return std::nullopt;
    return found->second.policy;
}

Awaitable<bool> AccountPolicies::learn(std::vector<std::string> accounts) {
    std::erase_if(accounts, [this](const std::string& account) { return find(account); });
    if (accounts.empty()) co_return true;
    std::vector<Command> batch;
    for (const std::string& account : accounts)
        batch.push_back({"GET", keyspace::document(account, scan::bucket_of(account), account)});
    const auto asked = Clock::now();
    const auto replies = co_await redis_.execute(std::move(batch));
    if (!replies || std::ranges::any_of(*replies, &RedisReply::is_error)) co_return false;
    if (learnt_.size() >= kMaxAccounts) learnt_.clear();
    for (std::size_t i = 0; i < accounts.size(); ++i)
        learnt_.insert_or_assign(accounts[i],
                                 Learnt{decode_account_policy((*replies)[i].text), asked});
    co_return true;
}

}  // namespace redirector::store
