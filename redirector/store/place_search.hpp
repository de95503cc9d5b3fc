// The places closest to a point, remembered for a moment. One per I/O thread.
// Shape:   point -> kCandidates places, nearest first. Whoever asks while the same search is under
//          way waits for it: an account costs Redis at most one search per point, thread and
//          kRemembered.
// Memory:  at most kPoints points, about 1 KiB each.
// Units:   degrees, WGS 84; metres.
// Errors:  while Redis cannot be asked nothing is found, and nothing is remembered.
// Threads: all on the thread of its RedisClient.
// Source:  contract 7: edits are visible within 100 ms, so nothing is remembered for longer.
#pragma once

#include "redirector/async.hpp"
#include "redirector/counter.hpp"
#include "redirector/store/documents.hpp"
#include "redirector/store/redis_client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace redirector::store {

struct PlaceQuestion {
    std::string account;
    double latitude = 0;
    double longitude = 0;
    friend auto operator<=>(const PlaceQuestion&, const PlaceQuestion&) = default;
};

class PlaceSearch {
  public:
    using Places = std::vector<Nearby>;

    static constexpr std::size_t kCandidates = 16;
    static constexpr std::size_t kPoints = 1024;
    static constexpr std::chrono::milliseconds kRemembered{50};

    // `redis` outlives this.
    explicit PlaceSearch(RedisClient& redis) : redis_(redis) {}

    // Null: the store does not answer.
    Awaitable<std::shared_ptr<const Places>> find(PlaceQuestion question);

    std::size_t remembered() const { return searches_.size(); }
    std::uint64_t searches() const { return made_.get(); }  // any thread

  private:
    using Clock = std::chrono::steady_clock;
    struct Search;

    void make_room(Clock::time_point now);

    RedisClient& redis_;
    Counter made_;
    std::map<PlaceQuestion, std::shared_ptr<Search>> searches_;
};

}  // namespace redirector::store
