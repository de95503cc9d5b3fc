#include "redirector/background.hpp"

#include "redirector/log.hpp"
#include "redirector/store/ids.hpp"

#include <chrono>

namespace redirector {
namespace {

constexpr std::chrono::seconds kRedisPatience{10};  // for a Redis that is not there yet at start

Awaitable<std::string> do_nothing(store::RedisClient&) {
    co_return std::string();
}

}  // namespace

// Does not stand back: the embedded Redis would inherit it, and on a core that answering keeps busy
// fall behind for good.
Background::Background()
    : work_(net::make_work_guard(context_)), thread_([this] { context_.run(); }) {}

Background::~Background() {
    stop();
    work_.reset();
    context_.stop();
    thread_.join();
}

std::string Background::find_redis(const Config& config, bool share, store::RedisAddress& address) {
    if (config.redis == "embedded") {
        if (std::string failure = wait_for(start_embedded(config, share)); !failure.empty())
            return failure;
        address = store::EmbeddedRedis::address(config.data_dir);
    } else {
        const auto parsed = store::parse_redis_address(config.redis);
        if (!parsed) return "--redis: " + parsed.error().message;
        address = *parsed;
    }
    return with_redis(address, do_nothing);
}

std::string Background::find_redis(const Config& config, bool share, store::RedisPlaces& places) {
    if (!config.redis_replica.empty()) {
        const auto replica = store::parse_redis_address(config.redis_replica);
        if (!replica) return "--redis-replica: " + replica.error().message;
        const bool one_server = replica->kind == store::RedisAddress::Kind::tcp ||
                                replica->kind == store::RedisAddress::Kind::unix_socket;
        if (!one_server) return "--redis-replica: expected redis:// or unix:";
        places.replica = *replica;
    }
    if (!config.scan_redis.empty()) {
        const auto scans = store::parse_redis_address(config.scan_redis);
        if (!scans) return "--scan-redis: " + scans.error().message;
        places.own_scans = *scans;
    }
    if (std::string failure = find_redis(config, share, places.primary); !failure.empty())
        return failure;
    if (places.replica && places.primary.kind == store::RedisAddress::Kind::cluster)
        return "--redis-replica: a cluster has no single replica";
    return places.own_scans ? with_redis(*places.own_scans, do_nothing) : std::string();
}

std::string Background::with_redis(const store::RedisAddress& address, const StoreWork& work) {
    return wait_for(connect_and(address, work));
}

std::string Background::with_redis(const store::RedisPlaces& places, const PlacesWork& work) {
    return with_redis(places.primary, [this, &places, &work](store::RedisClient& redis) {
        return places.own_scans ? connect_scans_and(redis, *places.own_scans, work)
                                : work(redis, redis);
    });
}

Awaitable<std::string> Background::connect_scans_and(store::RedisClient& redis,
                                                     const store::RedisAddress& scans,
                                                     const PlacesWork& work) {
    const StoreWork with_both = [&redis, &work](store::RedisClient& scan_redis) {
        return work(redis, scan_redis);
    };
    std::string failure = co_await connect_and(scans, with_both);
    co_return failure;
}

Awaitable<std::string> Background::start_embedded(const Config& config, bool share) {
    store::EmbeddedRedisOptions options;
    options.data_dir = config.data_dir;
    options.on_event = [](std::string_view line) {
        log::write(log::Level::warning, "redis", {{"what", line}});
    };
    embedded_ = std::make_unique<store::EmbeddedRedis>(executor(), std::move(options));
    const auto started = co_await embedded_->start();
    if (started) co_return std::string();
    embedded_.reset();
    if (share && started.error().kind == store::StartError::Kind::in_use) co_return std::string();
    co_return started.error().message;
}

Awaitable<std::string> Background::connect_and(const store::RedisAddress& address,
                                               const StoreWork& work) {
    store::RedisOptions options;
    options.address = address;
    store::RedisClient client(executor(), options);
    client.start();
    const auto ready = co_await client.wait_ready(kRedisPatience);
    if (ready) {
        std::string failure = co_await work(client);
        co_return failure;
    }
    std::string failure = "Redis at " + address.describe() + ": " + ready.error().message();
    if (const std::string refusal = client.last_refusal(); !refusal.empty())
        failure += ": " + refusal;
    co_return failure;
}

void Background::track(store::NearCache& cache, const store::RedisPlaces& places) {
    store::TrackerOptions options;
    options.address = places.look_ups();
    if (places.replica) options.primary = places.primary;
    options.node = store::new_guid();
    options.on_change = [this](bool coherent) {
        if (stopping_) return;
        log::write(
            coherent ? log::Level::info : log::Level::warning,
            coherent ? "coherent" : "not coherent",
            {{"what", coherent ? "Redis reports every change to this node"
                               : "Redis cannot be heard: what is known is served as it was"}});
    };
    options.on_refusal = [](std::string_view error) {
        if (error.empty()) return log::write(log::Level::info, "Redis writes again");
        log::write(log::Level::error, "Redis refuses to write", {{"what", error}});
    };
    tracker_ = std::make_unique<store::Tracker>(executor(), cache, std::move(options));
    tracker_->start();
}

Awaitable<void> Background::stop_all() {
    stopping_ = true;
    if (tracker_) tracker_->stop();
    if (embedded_) co_await embedded_->stop();
}

void Background::stop() {
    wait_for(stop_all());
}

}  // namespace redirector
