// One server whose changes are heard: a pair of connections, made anew for as long as it runs.
// Shape:   I subscribes to the invalidation channel; D redirects its tracking to I and writes the
//          heartbeat key once a period. Redis reports a write of the heartbeat like any other, so a
//          heartbeat that came back through I proves that every earlier change has come too.
// Errors:  none to the caller: whatever goes wrong, the listener is told to distrust.
// Threads: everything on the thread of the executor.
// Source:  redis.io "Client-side caching"; the traps are listed in README.md of this folder.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redis_client.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace redirector::store {

class TrackedServer {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;

    class Listener {
      public:
        virtual ~Listener() = default;
        virtual void tracking_began() = 0;
        virtual void distrust() = 0;  // changes may have gone unheard
        virtual void changed(std::string_view key) = 0;
        virtual void heard(TimePoint written) = 0;  // all changes before that have been told
        // A heartbeat was answered: with the error that it was not written for, or none.
        virtual void answered(std::string_view error) = 0;
    };

    struct Options {
        RedisAddress address;
        std::string prefix;         // of the keys whose changes are told
        std::string heartbeat_key;  // begins with `prefix` and '~', as those of other nodes do
        // Where heartbeats are written when not by D: the primary of a replica. Outlives this.
        RedisClient* primary = nullptr;
        std::chrono::milliseconds heartbeat;
        std::chrono::milliseconds silence;  // a heartbeat not heard for this long: new pair
    };

    // `listener` outlives this; it is called from loop turns after start(), and from stop().
    TrackedServer(Executor executor, Options options, Listener& listener);
    ~TrackedServer();  // as stop()
    TrackedServer(const TrackedServer&) = delete;
    TrackedServer& operator=(const TrackedServer&) = delete;

    void start();
    void stop();  // distrusts; afterwards the listener is not called any more; idempotent

    const std::string& heartbeat_key() const;

  private:
    class Pair;
    class Loop;
    std::shared_ptr<Loop> loop_;
};

}  // namespace redirector::store
