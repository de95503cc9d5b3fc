// How often a client may ask for short IDs that nobody made: whoever tries IDs one after the other
// is told to wait. IDs that exist are answered all the same, whoever asks.
// Shape:   the generic cell rate algorithm per client: one IPv4 address, or one IPv6 /56, which is
//          what a household or a tenant gets. One table of fixed size (512 KiB) for all threads; in a
//          full set whoever waits least is forgotten first.
// Units:   unknown IDs per minute; a minute's worth may come at once.
// Threads: any; each count is one atomic exchange.
// Source:  ITU-T I.371, annex A (virtual scheduling).
#pragma once

#include "redirector/request.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace redirector {

struct Reply;
struct Services;
enum class Outcome : std::uint8_t;

class UnknownIdLimit {
  public:
    using Clock = std::chrono::steady_clock;

    // 0: no limit.
    explicit UnknownIdLimit(std::uint32_t per_minute);

    // Counts one unknown ID. Nothing where it is within the limit, else how long to wait.
    std::optional<std::chrono::seconds> count(const IpAddress& client, Clock::time_point now);

  private:
    // Who (24 bits of a keyed hash) and the arrival time that the algorithm expects next
    // (milliseconds since start_, 40 bits).
    using Entry = std::atomic<std::uint64_t>;
    static constexpr std::size_t kWays = 4;
    static constexpr std::size_t kSets = 16'384;

    Entry& find(std::uint64_t hash, std::uint64_t& seen);

    const std::uint32_t per_minute_;
    const std::uint64_t key_;
    const Clock::time_point start_ = Clock::now();
    std::vector<std::array<Entry, kWays>> sets_;
};

// Answers for a short ID that nobody made: 404, or 429 with Retry-After for a client that has asked
// for too many of them. Returns which.
Outcome refuse_unknown(const Request& request, Services& services, Reply& reply);

// The same where another handler has answered 404 already: true when this client must wait, with
// Retry-After added to an emptied reply; the caller writes the refusal.
bool too_many_unknown(const Request& request, Services& services, Reply& reply);

}  // namespace redirector
