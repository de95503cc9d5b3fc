// Which product a thng is one of, out of the thngs' documents, remembered for some seconds.
// Shape:   at most kMaxThngs plus those of one learn(); all are forgotten when there are more.
// Errors:  a thng without a document, or with one that is none, has no product.
// Threads: on the I/O thread of the client.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redis_client.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::store {

// Out of a thng's record (documents.hpp); empty: it has none.
std::string decode_thng_product(std::string_view record);

class ThngProducts {
  public:
    static constexpr std::chrono::seconds kAge{5};  // after this they are asked for again
    static constexpr std::size_t kMaxThngs = 65'536;

    explicit ThngProducts(RedisClient& redis) : redis_(redis) {}

    // The product's ID, empty where there is none; a view until the next learn(). nullopt: never
    // learnt, or too long ago; the next learn() finds it out.
    std::optional<std::string_view> find(std::string_view account, std::string_view thng);

    // Reads what find() did not know, in one trip. False: the store does not answer.
    Awaitable<bool> learn();

  private:
    using Clock = std::chrono::steady_clock;
    struct Learnt {
        std::string product;
        Clock::time_point at;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };
    struct Wanted {
        std::string name;  // in learnt_
        std::string key;   // in Redis
    };

    RedisClient& redis_;
    boost::unordered_flat_map<std::string, Learnt, Hash, std::equal_to<>> learnt_;
    std::vector<Wanted> wanted_;
    std::string name_;  // scratch
};

}  // namespace redirector::store
