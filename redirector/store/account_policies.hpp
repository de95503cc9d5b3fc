// What accounts have decided about their scans, out of their documents, remembered for some seconds.
// Shape:   at most kMaxAccounts plus those of one learn(); older ones are forgotten.
// Errors:  an account without a document, or with one that is none, has decided nothing.
// Threads: on the I/O thread of the client.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redis_client.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::store {

struct AccountPolicy {
    static constexpr std::int64_t kMostDays = 36'500;
    bool count_bots = true;            // scans by bots are hits
    std::uint32_t retention_days = 0;  // how long actions are kept; 0: for ever
    friend bool operator==(const AccountPolicy&, const AccountPolicy&) = default;
};

// Out of an account's record (documents.hpp).
AccountPolicy decode_account_policy(std::string_view record);

class AccountPolicies {
  public:
    static constexpr std::chrono::seconds kAge{3};  // after this they are asked for again
    static constexpr std::size_t kMaxAccounts = 10'000;

    explicit AccountPolicies(RedisClient& redis) : redis_(redis) {}

    // nullopt: never learnt, or too long ago.
    std::optional<AccountPolicy> find(std::string_view account) const;

    // Reads those that find() does not know. False: the store does not answer.
    Awaitable<bool> learn(std::vector<std::string> accounts);

  private:
    using Clock = std::chrono::steady_clock;
    struct Learnt {
        AccountPolicy policy;
        Clock::time_point at;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };

    RedisClient& redis_;
    boost::unordered_flat_map<std::string, Learnt, Hash, std::equal_to<>> learnt_;
};

}  // namespace redirector::store
