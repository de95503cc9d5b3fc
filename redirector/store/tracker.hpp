// Tracker: keeps the near cache coherent by what Redis itself reports (CLIENT TRACKING, BCAST).
// Shape:   every server that look-ups may be read from is tracked (tracked_server.hpp): the one
//          named, Sentinels' primary, a local replica, each master of a cluster. The cache is as
//          young as the heartbeat of the server that was heard least recently.
// Errors:  none to the caller: whatever goes wrong, the cache is distrusted and tracking begins
//          anew.
// Threads: everything on the thread of the executor (one background io_context per process).
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/near_cache.hpp"
#include "redirector/store/redis_client.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace redirector::store {

struct TrackerOptions {
    RedisAddress address;  // where look-ups are read
    // With a replica there: its primary, where heartbeats are written. They come back through the
    // replica with all that was written before them, so that its lag is within their age.
    std::optional<RedisAddress> primary;
    std::string prefix = "c:";  // of every key that is cached; one, so that order is kept
    std::string node;  // heartbeat key: <prefix>~<node>, in a cluster <prefix>~{<tag>}<node>
    std::chrono::milliseconds heartbeat{1'000};
    std::chrono::milliseconds silence{3'000};  // a heartbeat not heard for this long: new pair
    // Called on each change: true = tracking and heard, false = lost.
    std::function<void(bool coherent)> on_change;
    // Called when a server begins to refuse writes, with its words, or to write again, with none.
    std::function<void(std::string_view error)> on_refusal;
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
    unsigned refusing() const noexcept;    // servers that refuse writes; any thread

  private:
    class Loop;
    std::shared_ptr<Loop> loop_;
};

}  // namespace redirector::store
