#include "redirector/serve.hpp"

#include "redirector/api/accounts.hpp"
#include "redirector/background.hpp"
#include "redirector/failure.hpp"
#include "redirector/geo_reloader.hpp"
#include "redirector/health.hpp"
#include "redirector/io_thread.hpp"
#include "redirector/log.hpp"
#include "redirector/metrics.hpp"
#include "redirector/scan/shipper.hpp"
#include "redirector/scan_fill.hpp"
#include "redirector/scan_sink.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <signal.h>
#include <sys/resource.h>
#include <vector>

namespace redirector {
namespace {

// Together below the 10 s that contract 7 gives: finish requests, ship scans, stop Redis.
constexpr std::chrono::milliseconds kFinishRequests{4000};
constexpr std::chrono::milliseconds kShipScans{2000};

constexpr std::size_t kNearCacheBytes = 256 << 20;

// A descriptor per connection: take what the system gives.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// SIGTERM and SIGINT are taken by wait_for_signal() alone: blocked before any thread starts.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    return signals;
}

// The shipper on a thread and loop of its own: it packs for milliseconds at a time.
class Shipping {
  public:
    Shipping(scan::Spool& spool, const store::RedisAddress& address, const facts::GeoSource* geo)
        : sink_(context_.get_executor(), options(address)),
          fill_(context_.get_executor(), options(address), geo),
          shipper_(spool, sink_, {}, &fill_) {
        net::co_spawn(context_, run(), [this](std::exception_ptr failure) {
            // Without a shipper no scan would reach Redis any more: better to start anew, from the spool.
            if (failure) std::rethrow_exception(failure);
            sink_.stop();
            fill_.stop();
            context_.stop();
        });
        thread_ = std::thread([this] { context_.run(); });
    }
    ~Shipping() {
        shipper_.drain(kShipScans);
        thread_.join();
    }

  private:
    static store::RedisOptions options(const store::RedisAddress& address) {
        store::RedisOptions redis;
        redis.address = address;
        return redis;
    }
    Awaitable<void> run() { co_await shipper_.run(); }

    net::io_context context_;
    ScanSink sink_;
    ScanFill fill_;
    scan::Shipper shipper_;
    std::thread thread_;
};

using IoThreads = std::vector<std::unique_ptr<IoThread>>;

void add_http_figures(Metrics& metrics, const IoThreads& threads) {
    const auto sum = [&threads](auto figure) {
        return [&threads, figure] {
            std::uint64_t total = 0;
            for (const auto& thread : threads) {
                total += (thread->public_counters().*figure).get() +
                         (thread->api_counters().*figure).get();
            }
            return static_cast<double>(total);
        };
    };
    metrics.add({"connections", "gauge", "Connections open now.", sum(&http::Counters::open)});
    metrics.add(
        {"connections_accepted", "counter", "Connections taken.", sum(&http::Counters::accepted)});
    metrics.add({"connections_refused", "counter", "Connections answered with 503.",
                 sum(&http::Counters::refused)});
    metrics.add({"received_bytes", "counter", "Bytes read.", sum(&http::Counters::bytes_in)});
    metrics.add({"sent_bytes", "counter", "Bytes written.", sum(&http::Counters::bytes_out)});
    metrics.add({"request_refusals", "counter", "Malformed or oversize requests.",
                 sum(&http::Counters::refusals)});
}

void add_store_figures(Metrics& metrics,
                       const IoThreads& threads,
                       const store::NearCache& cache,
                       const Background& background) {
    using Figures = store::NearCacheCounters;
    const auto of_cache = [&cache](std::uint64_t Figures::*figure) {
        return [&cache, figure] { return static_cast<double>(cache.counters().*figure); };
    };
    metrics.add(
        {"cache_hits", "counter", "Look-ups that memory answered.", of_cache(&Figures::hits)});
    metrics.add({"cache_negative_hits", "counter", "Look-ups of what memory knows not to exist.",
                 of_cache(&Figures::negative_hits)});
    metrics.add({"cache_misses", "counter", "Look-ups that memory could not answer.",
                 of_cache(&Figures::misses)});
    metrics.add({"cache_evictions", "counter", "Entries pushed out for room.",
                 of_cache(&Figures::evictions)});
    metrics.add({"cache_invalidations", "counter", "Entries dropped since Redis reported a change.",
                 of_cache(&Figures::invalidations)});
    metrics.add({"cache_stale_served", "counter",
                 "Answers from memory that Redis could not confirm.",
                 of_cache(&Figures::stale_served)});
    metrics.add({"cache_entries", "gauge", "Entries in memory.", of_cache(&Figures::entries)});
    metrics.add({"cache_bytes", "gauge", "Memory that they take.", of_cache(&Figures::bytes)});
    metrics.add({"redis_coherent", "gauge", "1 while Redis reports every change to this node.",
                 [&background] { return background.coherent() ? 1.0 : 0.0; }});
    metrics.add(
        {"redis_connected", "gauge", "I/O threads whose connection to Redis is up.", [&threads] {
             double connected = 0;
             for (const auto& thread : threads)
                 connected += thread->redis().connected() ? 1 : 0;
             return connected;
         }});
    metrics.add({"redis_commands", "counter", "Commands sent by I/O threads.", [&threads] {
                     double commands = 0;
                     for (const auto& thread : threads) {
                         commands += static_cast<double>(thread->redis().counters().commands);
                     }
                     return commands;
                 }});
    metrics.add({"redis_restarts", "counter",
                 "Times that the embedded Redis died and was started again.",
                 [&background] { return static_cast<double>(background.redis_restarts()); }});
}

void add_scan_figures(Metrics& metrics, const scan::Spool& spool) {
    using Figures = scan::Counters;
    const auto of_spool = [&spool](std::uint64_t Figures::*figure) {
        return [&spool, figure] { return static_cast<double>(spool.counters().*figure); };
    };
    metrics.add(
        {"scans_shipped", "counter", "Scans that Redis has taken.", of_spool(&Figures::shipped)});
    metrics.add({"scan_batches_retried", "counter", "Batches sent again after an error.",
                 of_spool(&Figures::retried)});
    metrics.add({"scans_refused", "counter", "Redirects refused since the spool was full.",
                 of_spool(&Figures::refused)});
    metrics.add({"scans_spooled", "gauge", "Scans that Redis has not confirmed yet.",
                 of_spool(&Figures::spooled)});
    metrics.add({"scan_spool_bytes", "gauge", "Disk that the spool takes.",
                 of_spool(&Figures::disk_bytes)});
    metrics.add({"scan_spool_age_seconds", "gauge", "Age of the oldest scan not confirmed.",
                 [&spool] { return static_cast<double>(spool.counters().oldest_ms) / 1000; }});
}

void add_fact_figures(Metrics& metrics, const IoThreads& threads) {
    const auto sum = [&threads](Counter ThreadFacts::*figure) {
        return [&threads, figure] {
            std::uint64_t total = 0;
            for (const auto& thread : threads)
                total += (thread->facts().*figure).get();
            return static_cast<double>(total);
        };
    };
    metrics.add({"fact_geo_lookups", "counter",
                 "Scans whose place was looked up before the answer.",
                 sum(&ThreadFacts::geo_lookups)});
    metrics.add({"fact_local_times", "counter",
                 "Scans whose local time was worked out, since a rule reads it.",
                 sum(&ThreadFacts::local_times)});
    metrics.add({"fact_agents", "counter",
                 "Scans whose User-Agent was classified before the answer.",
                 sum(&ThreadFacts::agents_classified)});
}

void drain_all(IoThreads& threads) {
    std::vector<std::promise<void>> drained(threads.size());
    for (std::size_t i = 0; i < threads.size(); ++i) {
        threads[i]->drain(kFinishRequests, [&promise = drained[i]] { promise.set_value(); });
    }
    for (auto& promise : drained)
        promise.get_future().wait();
}

// Listens, serves until a signal, drains. Text says why it could not listen.
std::string run_threads(const Config& config,
                        Shared& shared,
                        Background& background,
                        Health& health,
                        const sigset_t& signals) {
    IoThreads threads;
    for (unsigned number = 0; number < config.threads; ++number) {
        threads.push_back(std::make_unique<IoThread>(number, shared));
        if (std::string failure = threads.back()->listen(); !failure.empty()) return failure;
    }
    add_http_figures(shared.metrics, threads);
    add_store_figures(shared.metrics, threads, shared.cache, background);
    add_scan_figures(shared.metrics, shared.spool);
    add_fact_figures(shared.metrics, threads);
    health.add({"Redis is not connected", [&threads] {
                    return std::ranges::all_of(
                        threads, [](const auto& t) { return t->redis().connected(); });
                }});
    health.add({"Redis does not report changes", [&background] { return background.coherent(); }});
    health.add({"scan spool is full", [&shared] { return shared.spool.accepting(); }});
    for (auto& thread : threads)
        thread->run();
    log::write(log::Level::info, "serving",
               {{"listen", to_string(config.listen)},
                {"api", to_string(config.api_listen)},
                {"threads", static_cast<std::int64_t>(config.threads)}});
    int signal_number = 0;
    sigwait(&signals, &signal_number);
    log::write(log::Level::info, "stopping",
               {{"signal", static_cast<std::int64_t>(signal_number)}});
    health.drain();
    drain_all(threads);
    shared.passwords.stop();
    return {};
}

std::string probe_ports(const Config& config) {
    for (const HostPort& endpoint : {config.listen, config.api_listen}) {
        if (const auto port = http::probe_port(endpoint.host, endpoint.port); !port)
            return port.error().message;
    }
    return {};
}

}  // namespace

int serve(const Config& config) {
    const sigset_t signals = block_signals();
    raise_descriptor_limit();
    if (std::string failure = probe_ports(config); !failure.empty()) return fail(failure);
    std::error_code error;
    std::filesystem::create_directories(config.data_dir, error);
    if (error)
        return fail("--data-dir: cannot make \"" + config.data_dir + "\": " + error.message());

    scan::SpoolOptions spool_options;
    spool_options.directory = std::filesystem::path(config.data_dir) / "spool";
    spool_options.lanes = config.threads;
    spool_options.durability = config.scan_durability;
    const auto spool = scan::Spool::open(spool_options);
    if (!spool) return fail(spool.error().message);

    const auto zones = facts::ZoneCatalog::load();
    if (!zones) return fail(zones.error().message);
    const auto agents = facts::AgentParser::load();
    if (!agents) return fail(agents.error().message);
    std::unique_ptr<facts::GeoSource> geo;
    if (!config.geoip.empty()) {
        auto opened = facts::GeoSource::open(config.geoip, **zones);
        if (!opened) return fail("--geoip: " + opened.error().message);
        geo = std::move(*opened);
    }
    std::optional<GeoReloader> reloader;
    if (geo) reloader.emplace(*geo);
    store::NearCacheOptions cache_options;
    cache_options.capacity_bytes = kNearCacheBytes;
    store::NearCache cache(cache_options);
    Background background;
    store::RedisAddress address;
    if (std::string failure = background.find_redis(config, false, address); !failure.empty())
        return fail(failure);
    if (!config.initial_api_key.empty()) {
        const auto create = [&config](store::RedisClient& redis) {
            return api::create_initial_account(redis, config.initial_api_key);
        };
        std::string failure = background.with_redis(address, create);
        if (!failure.empty()) return fail("--initial-api-key: " + failure);
    }
    background.track(cache, address);

    Health health;
    Metrics metrics(config.threads);
    api::PasswordPool passwords;
    Shared shared{config,    address, cache,   **spool, **zones,
                  geo.get(), *agents, metrics, health,  passwords};
    std::string failure;
    {
        const Shipping shipping(**spool, address, geo.get());
        failure = run_threads(config, shared, background, health, signals);
    }
    background.stop();
    if (!failure.empty()) return fail(failure);
    log::write(log::Level::info, "stopped");
    return 0;
}

}  // namespace redirector
