#include "redirector/api/audit.hpp"

#include "redirector/api/auth.hpp"
#include "redirector/store/keyspace.hpp"

#include <algorithm>
#include <array>
#include <sodium.h>

namespace redirector::api {
namespace {

std::string digest(std::string_view record) {
    if (record.empty()) return {};
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(record.data()),
                       record.size());
    std::string text(2 * hash.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    text.pop_back();
    return text;
}

constexpr std::string_view kMostEntries = "100000";

}  // namespace

ChangeNote note_change(std::string_view what,
                       std::string_view id,
                       std::string_view before,
                       std::string_view after) {
    return {std::string(what), std::string(id), digest(before), digest(after)};
}

Awaitable<bool> keep_changes(store::RedisClient& redis,
                             const Actor& actor,
                             const std::string& guid,
                             const std::vector<ChangeNote>& changes) {
    std::vector<store::Command> batch;
    for (const ChangeNote& change : changes) {
        batch.push_back({"XADD",
                         store::keyspace::audit(actor.account),
                         "MAXLEN",
                         "~",
                         std::string(kMostEntries),
                         "*",
                         "guid",
                         guid,
                         "actor",
                         actor.id,
                         "as",
                         std::string(access_name(actor.type)),
                         "what",
                         change.what,
                         "id",
                         change.id,
                         "before",
                         change.before,
                         "after",
                         change.after});
    }
    const auto replies = co_await redis.execute(std::move(batch));
    co_return replies&& std::ranges::none_of(*replies, &store::RedisReply::is_error);
}

}  // namespace redirector::api
