#include "redirector/io_thread.hpp"

#include "redirector/api/auth.hpp"
#include "redirector/apps.hpp"
#include "redirector/cached_logo.hpp"
#include "redirector/cached_rules.hpp"
#include "redirector/log.hpp"
#include "redirector/metrics.hpp"
#include "redirector/niceness.hpp"
#include "redirector/store/document_view.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/store/redirection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <exception>

namespace redirector {
namespace {

store::EntryPtr decode_redirection(std::string_view short_id, std::string_view record) {
    const auto redirection = store::decode_redirection(record);
    if (!redirection) return nullptr;
    return store::CachedRedirection::make(*redirection, short_id);
}

store::EntryPtr decode_actor(std::string_view, std::string_view json) {
    auto actor = api::decode_actor(json);
    if (!actor) return nullptr;
    return store::EntryPtr(new api::CachedActor(std::move(*actor)));
}

store::EntryPtr decode_cached_logo(std::string_view, std::string_view record) {
    auto logo = decode_logo(record);
    if (logo == nullptr) return nullptr;
    return store::EntryPtr(new CachedLogo(std::move(logo)));
}

// How what Redis holds becomes what memory holds.
std::vector<store::Decoder> decoders(CompilePools& compiling) {
    // The owner's name, in braces, has a dot when it is an application
    // (store::keyspace::redirector_owner).
    const auto decode_redirector = [&compiling](std::string_view name, std::string_view document) {
        const bool of_application = name.find('.') != name.npos;
        const auto level = of_application ? rules::Level::application : rules::Level::account;
        std::string problem;
        store::EntryPtr rules = decode_rules(document, level, problem);
        if (!problem.empty()) {
            ++compiling.broken_rules;
            log::write(log::Level::error, "broken rules", {{"owner", name}, {"what", problem}});
        }
        return rules;
    };
    return {{std::string(store::keyspace::kRedirectionPrefix), decode_redirection},
            {std::string(store::keyspace::kRedirectorPrefix), decode_redirector, &compiling.loads,
             CompilePools::kLongRules},
            {std::string(store::keyspace::kDocumentPrefix), store::decode_cached_document},
            {std::string(store::keyspace::kApiKeyPrefix), decode_actor},
            {std::string(kLogoPrefix), decode_cached_logo}};
}

constexpr std::chrono::seconds kRedisPatience{2};

// In a cluster, a reply that came from elsewhere than was thought is not kept: whether its master
// is tracked is not known.
store::RedisOptions redis_options(const store::RedisAddress& address, store::NearCache& cache) {
    store::RedisOptions options;
    options.address = address;
    options.on_redirected = [&cache](std::string_view key) { cache.invalidate(key); };
    return options;
}

std::unique_ptr<store::RedisClient> client_if(const std::optional<store::RedisAddress>& address,
                                              Executor executor,
                                              store::NearCache& cache) {
    if (!address) return nullptr;
    return std::make_unique<store::RedisClient>(executor, redis_options(*address, cache));
}

}  // namespace

IoThread::IoThread(unsigned number, Role role, Shared& shared)
    : shared_(shared),
      number_(number),
      role_(role),
      context_(http::kConcurrencyHint),
      redis_(context_.get_executor(), redis_options(shared.redis.primary, shared.cache)),
      replica_(client_if(shared.redis.replica, context_.get_executor(), shared.cache)),
      scan_redis_(client_if(shared.redis.own_scans, context_.get_executor(), shared.cache)),
      loader_(redis_, replica_.get(), shared.cache, decoders(shared.compiling)),
      places_(redis_),
      reader_(shared.cache),
      scans_(shared.spool.writer(role == Role::redirects ? number : 0)),
      facts_(shared.zones, shared.geo, shared.agents),
      services_{shared.config,
                shared.cache,
                reader_,
                loader_,
                places_,
                redis_,
                scan_redis_ ? *scan_redis_ : redis_,
                scans_,
                facts_,
                facts_.agent_facts,
                shared.metrics.thread(number),
                shared.metrics,
                shared.health,
                shared.passwords,
                shared.compiling,
                shared.drawing,
                shared.unknown_ids,
                shared.calls},
      app_(role == Role::redirects ? make_public_app(services_) : make_api_app(services_)),
      server_(context_, *app_, options()) {}

IoThread::~IoThread() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
}

http::Options IoThread::options() {
    const bool redirects = role_ == Role::redirects;
    const HostPort& endpoint = redirects ? shared_.config.listen : shared_.config.api_listen;
    const auto& inherited = redirects ? shared_.listeners.public_ : shared_.listeners.api;
    http::Options options;
    options.host = endpoint.host;
    options.port = endpoint.port;
    options.joins = redirects && number_ > 0;
    if (!inherited.empty()) options.inherited = inherited[number_ % inherited.size()];
    options.limits.connections = shared_.max_connections;
    options.open_together = redirects ? &shared_.public_connections : &shared_.api_connections;
    options.certificate = shared_.certificate;
    if (redirects) add_public(options);
    return options;
}

void IoThread::add_public(http::Options& options) {
    const Config& config = shared_.config;
    options.proxy_protocol = config.proxy_protocol;
    options.trusted_proxy = [&config](const IpAddress& peer) {
        return config.trust_proxy.trusts(peer);
    };
    if (config.scan_durability == scan::Durability::batch) {
        options.on_turn_end = [this] {
            // The keeper rewrites what could not be synced; the scans are in memory until then.
            if (scans_.sync()) services_.metrics.scan_sync_failures.add();
        };
    }
}

Awaitable<void> IoThread::connect() {
    // Without Redis this thread serves what memory knows, so the outcome does not matter.
    (void)co_await redis_.wait_ready(kRedisPatience);
    context_.stop();
}

std::string IoThread::listen() {
    for (store::RedisClient* client : {&redis_, replica_.get(), scan_redis_.get()}) {
        if (client != nullptr) client->start();
    }
    net::co_spawn(context_, connect(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    context_.run();
    context_.restart();
    const auto port = server_.listen();
    return port ? std::string() : port.error().message;
}

void IoThread::run() {
    thread_ = std::thread([this] {
        if (role_ == Role::management) stand_back();
        context_.run();
    });
    // As `top -H` and bench/load tell those that redirect from the shipper and other helpers.
    pthread_setname_np(thread_.native_handle(), role_ == Role::redirects ? "io" : "management");
}

void IoThread::drain(std::chrono::milliseconds cap, std::function<void()> drained) {
    net::post(context_, [this, cap, drained = std::move(drained)]() mutable {
        server_.drain(cap, std::move(drained));
    });
}

void IoThread::hasten() {
    net::post(context_, [this] { server_.drain(std::chrono::milliseconds(0), nullptr); });
}

}  // namespace redirector
