#include "redirector/serve.hpp"

#include "redirector/api/accounts.hpp"
#include "redirector/api/call_limit.hpp"
#include "redirector/background.hpp"
#include "redirector/failure.hpp"
#include "redirector/figures.hpp"
#include "redirector/health.hpp"
#include "redirector/io_thread.hpp"
#include "redirector/log.hpp"
#include "redirector/metrics.hpp"
#include "redirector/reloader.hpp"
#include "redirector/retention.hpp"
#include "redirector/scan/slots.hpp"
#include "redirector/service_manager.hpp"
#include "redirector/shipping.hpp"
#include "redirector/unknown_ids.hpp"
#include "redirector/webhooks/delivery.hpp"

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

// Of the 10 s that contract 7 gives; shipping takes up to 2 s, stopping Redis the rest.
constexpr std::chrono::milliseconds kFinishRequests{4000};
constexpr std::chrono::milliseconds kLookForSignal{20};

// A descriptor per connection: take what the system gives.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Of each listener: what descriptors allow, less those that Redis, the spool and files take, and no
// more than memory should be given to by default (about 7 kB each). TLS takes three descriptors.
std::size_t default_max_connections(bool tls) {
    constexpr rlim_t kOthers = 256;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= 2 * kOthers) return kOthers;
    return static_cast<std::size_t>(
        std::clamp<rlim_t>((limit.rlim_cur - kOthers) / (tls ? 6 : 2), kOthers, 100'000));
}

// SIGTERM and SIGINT are taken by this thread's waiting alone: blocked before any thread starts.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    return signals;
}

// Whether a signal came within `time`.
bool signalled(const sigset_t& signals, std::chrono::milliseconds time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const std::chrono::nanoseconds rest = time - seconds;
    timespec wait{};
    wait.tv_sec = seconds.count();
    wait.tv_nsec = rest.count();
    return sigtimedwait(&signals, nullptr, &wait) > 0;
}

// Readiness goes first: balancers send no new requests by the time that nobody takes them.
void announce_end(const Config& config, Health& health, const sigset_t& signals) {
    notify_service_manager("STOPPING=1");
    health.drain();
    if (config.drain_delay.count() > 0 && signalled(signals, config.drain_delay))
        log::write(log::Level::info, "hastened", {{"what", "the drain delay ends early"}});
}

void drain_all(IoThreads& threads, const sigset_t& signals) {
    std::vector<std::promise<void>> drained(threads.size());
    for (std::size_t i = 0; i < threads.size(); ++i) {
        threads[i]->drain(kFinishRequests, [&promise = drained[i]] { promise.set_value(); });
    }
    for (auto& promise : drained) {
        const std::future<void> done = promise.get_future();
        while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
            if (!signalled(signals, kLookForSignal)) continue;
            log::write(log::Level::info, "hastened", {{"what", "open connections are cut off"}});
            for (const auto& thread : threads)
                thread->hasten();
        }
    }
}

// Where requests come in: the sockets handed over go before the setting.
std::string address_of(const HostPort& setting, const std::vector<int>& inherited) {
    return inherited.empty() ? to_string(setting) : bound_addresses(inherited);
}

// Listens, serves until a signal, drains. Text says why it could not listen.
std::string run_threads(const Config& config,
                        Shared& shared,
                        Background& background,
                        const Shipping& shipping,
                        const Retention& retention,
                        const webhooks::Delivery& delivery,
                        Health& health,
                        const sigset_t& signals) {
    IoThreads threads;
    for (unsigned number = 0; number <= config.threads; ++number) {
        const Role role = number < config.threads ? Role::redirects : Role::management;
        threads.push_back(std::make_unique<IoThread>(number, role, shared));
        if (std::string failure = threads.back()->listen(); !failure.empty()) return failure;
    }
    add_figures(shared, threads, background, shipping);
    add_recording(health, shared, shipping);
    shared.metrics.add({"entries_trimmed", "counter",
                        "Entries of actions removed after their account's retentionDays.",
                        [&retention] { return static_cast<double>(retention.removed()); }});
    add_webhook_figures(shared.metrics, delivery.figures());
    health.add({"Redis is not connected", [&threads] {
                    return std::ranges::all_of(
                        threads, [](const auto& t) { return t->redis().connected(); });
                }});
    health.add({"Redis refuses to write", [&background] { return background.refusing() == 0; }});
    health.add({"Redis does not report changes", [&background] { return background.coherent(); }});
    health.add({"scan spool is full", [&shared] { return shared.spool.accepting(); }});
    for (auto& thread : threads)
        thread->run();
    log::write(log::Level::info, "serving",
               {{"listen", address_of(config.listen, shared.listeners.public_)},
                {"api", address_of(config.api_listen, shared.listeners.api)},
                {"threads", static_cast<std::int64_t>(config.threads)}});
    notify_service_manager("READY=1");
    int signal_number = 0;
    sigwait(&signals, &signal_number);
    log::write(log::Level::info, "stopping",
               {{"signal", static_cast<std::int64_t>(signal_number)}});
    announce_end(config, health, signals);
    drain_all(threads, signals);
    shared.passwords.stop();
    shared.compiling.stop();
    shared.drawing.stop();
    return {};
}

std::string probe_port(const HostPort& endpoint, const std::vector<int>& inherited) {
    if (!inherited.empty()) return {};
    const auto port = http::probe_port(endpoint.host, endpoint.port);
    return port ? "" : port.error().message;
}

// What can be told to be wrong before anything is touched; empty: nothing.
std::string objection(const Config& config, const Listeners& listeners) {
    // A socket of which no thread takes connections would let its clients wait for ever.
    if (listeners.public_.size() > config.threads)
        return "LISTEN_FDS: " + std::to_string(listeners.public_.size()) +
               " sockets named public for " + std::to_string(config.threads) +
               " threads (--threads)";
    if (listeners.api.size() > 1) return "LISTEN_FDS: more than one socket named api";
    std::string failure = probe_port(config.listen, listeners.public_);
    return failure.empty() ? probe_port(config.api_listen, listeners.api) : failure;
}

// With a Redis of its own a data directory has one process; with another, a process may take over
// from one that still finishes.
boost::system::result<std::unique_ptr<scan::Spool>, scan::SpoolError> open_spool(
    const Config& config) {
    scan::SpoolOptions options;
    options.lanes = config.threads;
    options.durability = config.scan_durability;
    options.max_bytes = config.spool_bytes;
    options.when_full = config.spool_full;
    if (const std::uint64_t least = scan::least_bytes(options); options.max_bytes < least)
        return scan::SpoolError{"--spool-size: " + std::to_string(config.threads) +
                                " I/O threads (--threads) need " + std::to_string(least >> 20) +
                                " MiB at least"};
    options.log = [](std::string_view line) {
        log::write(log::Level::warning, "spool", {{"what", line}});
    };
    const unsigned slots = config.redis == "embedded" ? 1 : scan::kSlots;
    return scan::open_free_slot(config.data_dir, options, slots);
}

}  // namespace

int serve(const Config& config) {
    const sigset_t signals = block_signals();
    raise_descriptor_limit();
    const auto listeners = take_listeners();
    if (!listeners) return fail(listeners.error().message);
    if (std::string failure = objection(config, *listeners); !failure.empty()) return fail(failure);
    const log::Writer log_writer;
    std::error_code error;
    std::filesystem::create_directories(config.data_dir, error);
    if (error)
        return fail("--data-dir: cannot make \"" + config.data_dir + "\": " + error.message());

    const auto spool = open_spool(config);
    if (!spool) return fail(spool.error().message);

    const auto zones = facts::ZoneCatalog::load();
    if (!zones) return fail(zones.error().message);
    const auto agents = facts::AgentParser::load();
    if (!agents) return fail(agents.error().message);
    std::unique_ptr<facts::GeoSource> geo;
    if (!config.geoip.empty()) {
        geo = facts::GeoSource::open(config.geoip, **zones);
        // Redirects matter more than where they come from: rules on places fall through meanwhile.
        if (const std::string why = geo->last_problem(); !why.empty())
            log::write(log::Level::error, "geoip", {{"what", "no file is in force"}, {"why", why}});
    }
    std::optional<Reloader<facts::GeoSource>> reloader;
    if (geo) reloader.emplace("geoip", *geo);
    std::unique_ptr<http::TlsCertificate> certificate;
    if (!config.tls_certificate.empty()) {
        auto opened = http::TlsCertificate::open(config.tls_certificate, config.tls_key);
        if (!opened) return fail("--tls-certificate: " + opened.error().message);
        certificate = std::move(*opened);
    }
    std::optional<Reloader<http::TlsCertificate>> renewal;
    if (certificate) renewal.emplace("certificate", *certificate);
    store::NearCacheOptions cache_options;
    cache_options.capacity_bytes = config.cache_bytes;
    store::NearCache cache(cache_options);
    Background background;
    store::RedisPlaces redis;
    if (std::string failure = background.find_redis(config, false, redis); !failure.empty())
        return fail(failure);
    if (!config.initial_api_key.empty()) {
        const auto create = [&config](store::RedisClient& client) {
            return api::create_initial_account(client, config.initial_api_key);
        };
        std::string failure = background.with_redis(redis.primary, create);
        if (!failure.empty()) return fail("--initial-api-key: " + failure);
    }
    background.track(cache, redis);

    Health health;
    Metrics metrics(config.threads + 1);  // and the management thread
    api::PasswordPool passwords;
    CompilePools compiling;
    DrawingPools drawing;
    UnknownIdLimit unknown_ids(config.unknown_id_limit);
    api::CallLimit calls(config.max_calls, config.max_account_calls);
    const std::size_t max_connections =
        config.max_connections > 0 ? config.max_connections
                                   : default_max_connections(!config.tls_certificate.empty());
    Shared shared{
        config,  *listeners,        redis,          cache,     **spool,   **zones, geo.get(),
        *agents, metrics,           health,         passwords, compiling, drawing, unknown_ids,
        calls,   certificate.get(), max_connections};
    std::string failure;
    {
        scan::ShipperOptions shipper;
        shipper.statistics_days = config.stats_days;
        const Retention retention(redis);
        const webhooks::Delivery delivery(redis, *agents, config.webhook_private_targets);
        const Shipping shipping(**spool, config.data_dir, shipper, redis, geo.get());
        failure =
            run_threads(config, shared, background, shipping, retention, delivery, health, signals);
    }
    background.stop();
    if (!failure.empty()) return fail(failure);
    log::write(log::Level::info, "stopped");
    return 0;
}

}  // namespace redirector
