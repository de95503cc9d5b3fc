// Rate limits over all nodes: the generic cell rate algorithm, one key and one script a decision.
// Shape:   the key holds the theoretical arrival time of the next call; it expires when idle.
// Units:   milliseconds, by the clock of Redis.
// Errors:  `known` is false when the store does not answer: the caller decides whether to let pass.
// Threads: on the I/O thread of the client.
// Source:  ITU-T I.371, annex A (virtual scheduling).
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redis_client.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace redirector::store {

struct RateLimit {
    std::chrono::milliseconds interval;  // between calls, in the long run; above 0
    std::uint32_t burst = 1;             // calls at once
};

struct RateDecision {
    bool known = false;
    bool allowed = false;
    std::uint32_t remaining = 0;              // calls that would be allowed now
    std::chrono::milliseconds retry_after{};  // until the next is allowed
    std::chrono::milliseconds reset{};        // until the whole burst is
};

// `what` names the limited thing: "login:<user>". A `cost` of 0 only looks.
Awaitable<RateDecision> take(RedisClient& redis,
                             std::string what,
                             RateLimit limit,
                             std::uint32_t cost = 1);

}  // namespace redirector::store
