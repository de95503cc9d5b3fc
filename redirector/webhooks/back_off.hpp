// How long a failed delivery waits before it is tried again.
// Threads: pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace redirector::webhooks {

inline constexpr std::chrono::milliseconds kFirstWait{1'000};
inline constexpr std::chrono::milliseconds kLongestWait{3'600'000};
inline constexpr unsigned kMostTries = 15;  // then it is given up, after two to four hours

// Doubled with every failed try, the first included, half of it random: `tries` from 1 on, any
// `random`.
inline std::chrono::milliseconds back_off(unsigned tries, std::uint64_t random) {
    constexpr unsigned kDoublings = 12;  // beyond the longest wait
    const auto doubled = kFirstWait * (1 << std::min(tries - 1, kDoublings));
    const auto half = std::min<std::chrono::milliseconds>(doubled, kLongestWait) / 2;
    return half +
           std::chrono::milliseconds(random % (static_cast<std::uint64_t>(half.count()) + 1));
}

}  // namespace redirector::webhooks
