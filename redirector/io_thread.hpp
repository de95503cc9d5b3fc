// One I/O thread: an event loop, its connection to Redis, and a listener.
// Shape:   as many threads as --threads says redirect, and draw codes; one more serves the management
//          API, so that nothing that is done there, such as reading a body of 4 MiB, keeps a
//          redirect waiting. That one stands back where both want the same core.
// Threads: built, started and destroyed by the main thread; what it owns runs on its own thread in
// between.
#pragma once

#include "redirector/api/passwords.hpp"
#include "redirector/compile_pools.hpp"
#include "redirector/config.hpp"
#include "redirector/drawing_pools.hpp"
#include "redirector/http/server.hpp"
#include "redirector/scan/spool.hpp"
#include "redirector/service_manager.hpp"
#include "redirector/services.hpp"
#include "redirector/store/loader.hpp"
#include "redirector/store/place_search.hpp"
#include "redirector/store/redis_client.hpp"
#include "redirector/store/redis_places.hpp"
#include "redirector/thread_facts.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace redirector {

// What all I/O threads share.
struct Shared {
    const Config& config;
    const Listeners& listeners;
    store::RedisPlaces redis;
    store::NearCache& cache;
    scan::Spool& spool;
    const facts::ZoneCatalog& zones;
    const facts::GeoSource* geo;  // null without --geoip
    std::shared_ptr<const facts::AgentParser> agents;
    Metrics& metrics;
    const Health& health;
    api::PasswordPool& passwords;
    CompilePools& compiling;
    DrawingPools& drawing;
    UnknownIdLimit& unknown_ids;
    api::CallLimit& calls;
    const http::TlsCertificate* certificate;  // null: plain HTTP
    std::size_t max_connections;              // of each listener, all threads together
    std::atomic<std::uint64_t> public_connections{0};
    std::atomic<std::uint64_t> api_connections{0};
};

enum class Role : std::uint8_t { redirects, management };

class IoThread {
  public:
    // `number`: from 0 on, the redirecting threads first.
    IoThread(unsigned number, Role role, Shared& shared);
    ~IoThread();  // stops the loop and joins
    IoThread(const IoThread&) = delete;
    IoThread& operator=(const IoThread&) = delete;

    // Connects to Redis, for a bounded time, so that the first request finds it there; then binds
    // the listener. Text says what failed. Requests are served once run() is called.
    std::string listen();
    void run();

    // Stops accepting and finishes what is open, at most until `cap`; `drained` is called on this
    // thread.
    void drain(std::chrono::milliseconds cap, std::function<void()> drained);
    // Cuts off what drain() still waits for.
    void hasten();

    const http::Counters& counters() const { return server_.counters(); }
    const store::RedisClient& redis() const { return redis_; }
    const ThreadFacts& facts() const { return facts_; }
    std::uint64_t place_searches() const { return places_.searches(); }

  private:
    http::Options options();
    void add_public(http::Options& options);
    Awaitable<void> connect();

    Shared& shared_;
    const unsigned number_;
    const Role role_;
    net::io_context context_;
    store::RedisClient redis_;
    std::unique_ptr<store::RedisClient> replica_;     // null without --redis-replica
    std::unique_ptr<store::RedisClient> scan_redis_;  // null without --scan-redis
    store::Loader loader_;
    store::PlaceSearch places_;
    store::NearCache::Reader reader_;
    scan::Writer& scans_;  // the management thread redirects nobody, and appends nothing to it
    ThreadFacts facts_;
    Services services_;
    std::unique_ptr<App> app_;
    http::Server server_;
    std::thread thread_;
};

}  // namespace redirector
