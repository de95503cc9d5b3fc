// Tracker: keeps the near cache coherent by what Redis itself reports (CLIENT TRACKING, BCAST).
// Shape:   a pair of connections. I subscribes to the invalidation channel; D redirects its
//          tracking to I and writes the heartbeat key once a second. Redis reports a write of
//          the heartbeat like any other, so a heartbeat that came back through I proves that
//          every earlier one has come too.
// Errors:  none to the caller: whatever goes wrong, the cache is distrusted and a new pair is
//          made.
// Threads: everything on the thread of the executor (one background io_context per process).
// Source:  redis.io "Client-side caching"; the traps are listed in README.md of this folder.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/near_cache.hpp"
#include "redirector/store/redis_client.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace redirector::store {

struct TrackerOptions {
    RedisAddress address;
    std::string prefix = "c:";  // of every key that is cached; one, so that order is kept
    std::string node;           // heartbeat key: <prefix>~<node>
    std::chrono::milliseconds heartbeat{1'000};
    std::chrono::milliseconds silence{3'000};  // a heartbeat not heard for this long: new pair
    // Called on each change: true = tracking and heard, false = lost.
    std::function<void(bool coherent)> on_change;
};

class Tracker {
  public:
    Tracker(Executor executor, NearCache& cache, TrackerOptions options);
    ~Tracker();  // as stop()
    Tracker(const Tracker&) = delete;
    Tracker& operator=(const Tracker&) = delete;

    void start();
    void stop();  // distrusts the cache; idempotent

    bool coherent() const noexcept;        // any thread
    std::uint64_t pairs() const noexcept;  // connection pairs that came to work so far; any thread

  private:
    class Session;
    class Loop;
    std::shared_ptr<Loop> loop_;
};

}  // namespace redirector::store
