// The thread that brings scans from the spool to Redis: this process's own, and those that another
// process of the same data directory left behind.
// Shape:   a loop of its own, since packing takes milliseconds at a time. Abandoned spools are looked
//          for at start and every few seconds, and held until their last segment has gone.
// Threads: built and destroyed by the main thread; figures may be read by any.
#pragma once

#include "redirector/async.hpp"
#include "redirector/scan/shipper.hpp"
#include "redirector/scan/spool.hpp"
#include "redirector/scan_sink.hpp"
#include "redirector/store/redis_places.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

namespace redirector {

namespace facts {
class GeoSource;
}

class Shipping {
  public:
    // `own`, and `geo` where there is one, outlive this. Abandoned spools are those in `data_dir`.
    Shipping(scan::Spool& own,
             std::filesystem::path data_dir,
             const scan::ShipperOptions& options,
             const store::RedisPlaces& redis,
             const facts::GeoSource* geo);
    ~Shipping();  // ships what there is, for a bounded time
    Shipping(const Shipping&) = delete;
    Shipping& operator=(const Shipping&) = delete;

    // Sum over this process's spool and those taken over; never falls for what is only ever counted.
    std::uint64_t sum(std::uint64_t scan::Counters::*figure) const;
    // Age of the oldest scan that waits in any of them.
    std::chrono::milliseconds oldest() const;

  private:
    struct Line;

    void start(Line& line);
    void end(std::list<Line>::iterator line);
    Awaitable<void> look_for_abandoned();
    void take_over(std::unique_ptr<scan::Spool> spool);
    void release_emptied();
    void drain();

    const std::filesystem::path data_dir_;
    const scan::ShipperOptions options_;
    const store::RedisPlaces redis_;
    const facts::GeoSource* const geo_;
    const scan::SpoolOptions spool_options_;
    net::io_context context_;
    net::basic_waitable_timer<std::chrono::steady_clock,
                              net::wait_traits<std::chrono::steady_clock>,
                              Executor>
        look_again_;
    mutable std::mutex mutex_;  // of the list and `gone_`, between this thread and readers
    std::list<Line> lines_;     // the first is this process's own
    scan::Counters gone_;       // of lines that have ended
    bool draining_ = false;
    std::thread thread_;
};

}  // namespace redirector
