#include "redirector/shipping.hpp"

#include "redirector/log.hpp"
#include "redirector/niceness.hpp"
#include "redirector/scan/slots.hpp"
#include "redirector/scan_fill.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace redirector {
namespace {

// Of the 10 s that contract 7 gives for stopping.
constexpr std::chrono::milliseconds kShipAtEnd{2000};
constexpr std::chrono::seconds kLookEvery{2};

store::RedisOptions redis_options(const store::RedisAddress& address) {
    store::RedisOptions options;
    options.address = address;
    return options;
}

}  // namespace

// One spool on its way to Redis.
struct Shipping::Line {
    Line(scan::Spool& spool_,
         Executor executor,
         const scan::ShipperOptions& options,
         const store::RedisPlaces& redis,
         const facts::GeoSource* geo)
        : spool(spool_),
          sink(executor, redis_options(redis.scans())),
          fill(executor, redis_options(redis.primary), geo),
          shipper(spool, sink, options, &fill) {}
    Line(std::unique_ptr<scan::Spool> held_,
         Executor executor,
         const scan::ShipperOptions& options,
         const store::RedisPlaces& redis,
         const facts::GeoSource* geo)
        : Line(*held_, executor, options, redis, geo) {
        held = std::move(held_);
    }
    Awaitable<void> run() { co_await shipper.run(); }

    std::unique_ptr<scan::Spool> held;  // of one that was taken over
    scan::Spool& spool;
    ScanSink sink;
    ScanFill fill;
    scan::Shipper shipper;
};

Shipping::Shipping(scan::Spool& own,
                   std::filesystem::path data_dir,
                   const scan::ShipperOptions& options,
                   const store::RedisPlaces& redis,
                   const facts::GeoSource* geo)
    : data_dir_(std::move(data_dir)),
      options_(options),
      redis_(redis),
      geo_(geo),
      spool_options_(own.options()),
      look_again_(context_) {
    lines_.emplace_back(own, context_.get_executor(), options_, redis_, geo_);
    start(lines_.front());
    net::co_spawn(context_, look_for_abandoned(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    thread_ = std::thread([this] {
        stand_back();
        context_.run();
    });
}

Shipping::~Shipping() {
    net::post(context_, [this] { drain(); });
    thread_.join();
}

void Shipping::start(Line& line) {
    const auto place = std::prev(lines_.end());
    net::co_spawn(context_, line.run(), [this, place](std::exception_ptr failure) {
        // Without a shipper no scan would reach Redis any more: better to start anew, from the
        // spool.
        if (failure) std::rethrow_exception(failure);
        place->sink.stop();
        place->fill.stop();
        net::post(context_, [this, place] { end(place); });
    });
}

void Shipping::drain() {
    draining_ = true;
    look_again_.cancel();
    for (Line& line : lines_)
        line.shipper.drain(kShipAtEnd);
}

// The line's figures stay in the sums. Its spool is unlocked: what is left in it is the next one's.
void Shipping::end(std::list<Line>::iterator line) {
    const scan::Counters counters = line->spool.counters();
    std::list<Line> ended;
    {
        const std::lock_guard lock(mutex_);
        gone_.shipped += counters.shipped;
        gone_.retried += counters.retried;
        gone_.refused += counters.refused;
        gone_.reshipped += counters.reshipped;
        gone_.missing += counters.missing;
        ended.splice(ended.begin(), lines_, line);
    }
    if (draining_ && lines_.empty()) context_.stop();
}

Awaitable<void> Shipping::look_for_abandoned() {
    while (!draining_) {
        release_emptied();
        if (auto spool = scan::open_abandoned_slot(data_dir_, spool_options_))
            take_over(std::move(spool));
        look_again_.expires_after(kLookEvery);
        co_await look_again_.async_wait(use_tuple);
    }
}

void Shipping::take_over(std::unique_ptr<scan::Spool> spool) {
    log::write(log::Level::info, "spool taken over",
               {{"directory", spool->options().directory.string()}});
    {
        const std::lock_guard lock(mutex_);
        lines_.emplace_back(std::move(spool), context_.get_executor(), options_, redis_, geo_);
    }
    start(lines_.back());
}

void Shipping::release_emptied() {
    for (Line& line : lines_) {
        if (line.held && line.spool.counters().disk_bytes == 0)
            line.shipper.drain(std::chrono::milliseconds(0));
    }
}

std::uint64_t Shipping::sum(std::uint64_t scan::Counters::*figure) const {
    const std::lock_guard lock(mutex_);
    std::uint64_t total = gone_.*figure;
    for (const Line& line : lines_)
        total += line.spool.counters().*figure;
    return total;
}

std::chrono::milliseconds Shipping::oldest() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t oldest = 0;
    for (const Line& line : lines_)
        oldest = std::max(oldest, line.spool.counters().oldest_ms);
    return std::chrono::milliseconds(oldest);
}

}  // namespace redirector
