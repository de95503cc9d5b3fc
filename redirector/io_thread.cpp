#include "redirector/io_thread.hpp"

#include "redirector/api/auth.hpp"
#include "redirector/apps.hpp"
#include "redirector/cached_rules.hpp"
#include "redirector/metrics.hpp"
#include "redirector/store/document_view.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/store/redirection.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <sys/resource.h>

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

// How what Redis holds becomes what memory holds.
std::vector<store::Decoder> decoders() {
    // The owner's name, in braces, has a dot when it is an application
    // (store::keyspace::redirector_owner).
    const auto decode_redirector = [](std::string_view name, std::string_view document) {
        const bool of_application = name.find('.') != name.npos;
        const auto level = of_application ? rules::Level::application : rules::Level::account;
        return decode_rules(document, level);
    };
    return {{std::string(store::keyspace::kRedirectionPrefix), decode_redirection},
            {std::string(store::keyspace::kRedirectorPrefix), decode_redirector},
            {std::string(store::keyspace::kDocumentPrefix), store::decode_cached_document},
            {std::string(store::keyspace::kApiKeyPrefix), decode_actor}};
}

// Each listener's share of the descriptors that this process may open, less those that Redis, the
// spool and files take.
std::size_t connections_per_listener(unsigned threads) {
    constexpr rlim_t kOthers = 256;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= 2 * kOthers) return kOthers;
    const rlim_t share = (limit.rlim_cur - kOthers) / (2 * threads);
    return static_cast<std::size_t>(std::clamp<rlim_t>(share, 64, 1'000'000));
}

store::RedisOptions redis_options(const store::RedisAddress& address) {
    store::RedisOptions options;
    options.address = address;
    return options;
}

}  // namespace

IoThread::IoThread(unsigned number, Shared& shared)
    : shared_(shared),
      context_(http::kConcurrencyHint),
      redis_(context_.get_executor(), redis_options(shared.redis)),
      loader_(redis_, shared.cache, decoders()),
      reader_(shared.cache),
      scans_(shared.spool.writer(number)),
      facts_(shared.zones, shared.geo, shared.agents),
      services_{shared.config,
                shared.cache,
                reader_,
                loader_,
                redis_,
                scans_,
                facts_,
                facts_.agent_facts,
                shared.metrics.thread(number),
                shared.metrics,
                shared.health,
                shared.passwords},
      public_app_(make_public_app(services_)),
      api_app_(make_api_app(services_)),
      public_server_(context_, *public_app_, public_options()),
      api_server_(context_, *api_app_, options(shared.config.api_listen)) {}

IoThread::~IoThread() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
}

http::Options IoThread::options(const HostPort& endpoint) const {
    http::Options options;
    options.host = endpoint.host;
    options.port = endpoint.port;
    options.limits.connections = connections_per_listener(shared_.config.threads);
    return options;
}

http::Options IoThread::public_options() {
    const Config& config = shared_.config;
    http::Options public_options = options(config.listen);
    public_options.proxy_protocol = config.proxy_protocol;
    public_options.trusted_proxy = [&config](const IpAddress& peer) {
        return config.trust_proxy.trusts(peer);
    };
    if (config.scan_durability == scan::Durability::batch) {
        public_options.on_turn_end = [this] {
            // The keeper rewrites what could not be synced; the scans are in memory until then.
            if (scans_.sync()) services_.metrics.scan_sync_failures.add();
        };
    }
    return public_options;
}

std::string IoThread::listen() {
    for (http::Server* server : {&public_server_, &api_server_}) {
        if (const auto port = server->listen(); !port) return port.error().message;
    }
    return {};
}

void IoThread::run() {
    redis_.start();
    thread_ = std::thread([this] { context_.run(); });
}

void IoThread::drain(std::chrono::milliseconds cap, std::function<void()> drained) {
    net::post(context_, [this, cap, drained = std::move(drained)]() mutable {
        drained_ = std::move(drained);
        draining_ = 2;
        for (http::Server* server : {&public_server_, &api_server_}) {
            server->drain(cap, [this] {
                if (--draining_ == 0) drained_();
            });
        }
    });
}

}  // namespace redirector
