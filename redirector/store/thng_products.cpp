#include "redirector/store/thng_products.hpp"

#include "redirector/scan/partition.hpp"
#include "redirector/store/documents.hpp"
#include "redirector/store/keyspace.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace redirector::store {

namespace json = boost::json;

std::string decode_thng_product(std::string_view record) {
    const auto parts = decode_document(record);
    if (!parts || parts->type != "thng") return {};
    json::error_code error;
    const json::value value = json::parse({parts->json.data(), parts->json.size()}, error);
    const json::object* const thng = error ? nullptr : value.if_object();
    const json::value* const product = thng == nullptr ? nullptr : thng->if_contains("product");
    return product == nullptr || !product->is_string() ? std::string()
                                                       : std::string(product->get_string());
}

std::optional<std::string_view> ThngProducts::find(std::string_view account,
                                                   std::string_view thng) {
    name_.assign(account).append("/").append(thng);
    const auto found = learnt_.find(name_);
    if (found != learnt_.end() && Clock::now() - found->second.at <= kAge)
        return found->second.product;
    wanted_.push_back({name_, keyspace::document(account, scan::bucket_of(thng), thng)});
    return std::nullopt;
}

Awaitable<bool> ThngProducts::learn() {
    std::vector<Wanted> wanted = std::exchange(wanted_, {});
    std::ranges::sort(wanted, {}, &Wanted::name);
    const auto repeated = std::ranges::unique(wanted, {}, &Wanted::name);
    wanted.erase(repeated.begin(), repeated.end());
    if (wanted.empty()) co_return true;
    std::vector<Command> batch;
    for (Wanted& one : wanted)
        batch.push_back({"GET", std::move(one.key)});
    const auto asked = Clock::now();
    const auto replies = co_await redis_.execute(std::move(batch));
    if (!replies) co_return false;
    if (learnt_.size() >= kMaxThngs) learnt_.clear();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        // A key of another type is no document; the other errors are the store's state.
        const RedisReply& reply = (*replies)[i];
        if (reply.is_error() && !reply.text.starts_with("WRONGTYPE")) co_return false;
        learnt_.insert_or_assign(std::move(wanted[i].name),
                                 Learnt{decode_thng_product(reply.text), asked});
    }
    co_return true;
}

}  // namespace redirector::store
