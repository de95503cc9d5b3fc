// The thread behind the I/O threads: the embedded Redis, the near cache's coherence, the passing of
// time.
// Threads: built and destroyed by the main thread; everything it owns runs on its own thread, which
//          lives as long as this (the kernel ends the embedded Redis with the thread that started
//          it).
#pragma once

#include "redirector/async.hpp"
#include "redirector/config.hpp"
#include "redirector/store/embedded_redis.hpp"
#include "redirector/store/near_cache.hpp"
#include "redirector/store/redis_client.hpp"
#include "redirector/store/redis_places.hpp"
#include "redirector/store/tracker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace redirector {

class Background {
  public:
    Background();
    ~Background();  // ends the embedded Redis, if it still runs
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    Executor executor() { return context_.get_executor(); }

    // Runs `work` to its end on this thread while the caller waits. Not to be called from this
    // thread.
    template <class T>
    T wait_for(Awaitable<T> work) {
        return net::co_spawn(executor(), std::move(work), net::use_future).get();
    }

    // Finds out where Redis is, starting the embedded one if that is configured, and waits until it
    // answers. Text says what failed; else `address` is set. `share` takes an embedded Redis that
    // another process runs (for short commands).
    std::string find_redis(const Config& config, bool share, store::RedisAddress& address);

    // The same for all that the settings name. A replica need not answer yet.
    std::string find_redis(const Config& config, bool share, store::RedisPlaces& places);

    // Runs `work` with a connection of its own to that Redis; passes on the text that it returns.
    using StoreWork = std::function<Awaitable<std::string>(store::RedisClient&)>;
    std::string with_redis(const store::RedisAddress& address, const StoreWork& work);

    // The same with the Redis of documents and with that of scans, which may be one.
    using PlacesWork =
        std::function<Awaitable<std::string>(store::RedisClient&, store::RedisClient&)>;
    std::string with_redis(const store::RedisPlaces& places, const PlacesWork& work);

    // Keeps `cache`, which outlives this, coherent with the Redis that look-ups are read from.
    void track(store::NearCache& cache, const store::RedisPlaces& places);
    bool coherent() const { return tracker_ && tracker_->coherent(); }
    unsigned refusing() const { return tracker_ ? tracker_->refusing() : 0; }
    std::uint64_t redis_restarts() const { return embedded_ ? embedded_->restarts() : 0; }

    // Stops tracking, then the embedded Redis, cleanly.
    void stop();

  private:
    Awaitable<std::string> start_embedded(const Config& config, bool share);
    Awaitable<std::string> connect_and(const store::RedisAddress& address, const StoreWork& work);
    Awaitable<std::string> connect_scans_and(store::RedisClient& redis,
                                             const store::RedisAddress& scans,
                                             const PlacesWork& work);
    Awaitable<void> stop_all();

    net::io_context context_;
    net::executor_work_guard<Executor> work_;
    std::unique_ptr<store::EmbeddedRedis> embedded_;
    std::unique_ptr<store::Tracker> tracker_;
    bool stopping_ = false;  // on this thread only: losing Redis is no news any more
    std::thread thread_;
};

}  // namespace redirector
