// A spool with its shipper on a thread of its own, as the product runs them.
#pragma once

#include "redirector/scan/shipper.hpp"
#include "redirector/scan/spool.hpp"
#include "tests/scan/redis.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace redirector::scan::testing {

// Options that make things happen soon: small segments, short waits.
SpoolOptions quick_spool(const std::filesystem::path& directory);
ShipperOptions quick_shipper();

class Shipping {
  public:
    Shipping(const SpoolOptions& spool,
             const std::string& socket,
             const ShipperOptions& shipper = quick_shipper(),
             Enrichment* enrichment = nullptr);
    ~Shipping();  // stops at once; what is spooled stays

    Spool& spool() { return *spool_; }
    Counters counters() const { return spool_->counters(); }

    // Appends scans whose time is from..to and whose short id is one of `ids`; waits where the
    // spool is full.
    void append(std::uint64_t from, std::uint64_t to, unsigned ids = 50, unsigned lane = 0);
    // Until Redis has everything; false after `limit`.
    bool wait(std::chrono::milliseconds limit = std::chrono::seconds(20)) const;
    // Ends the shipper, giving it `limit` to finish.
    void drain(std::chrono::milliseconds limit);

  private:
    std::unique_ptr<Spool> spool_;
    net::io_context io_;
    RedisSink sink_;
    Shipper shipper_;
    std::thread thread_;
};

// Whether Redis holds the scans 1 to `last` once each, nothing else, and hits agree; else says what
// is wrong.
std::string difference(const RedisServer& server, std::uint64_t last);

// difference(), once there is none, or after ten seconds.
std::string settled(const RedisServer& server, std::uint64_t last);

// Redirects that are neither recorded nor spooled. append() tries again where the spool is full, so
// that each of its dropped scans is one redirect more.
std::int64_t lost_track(const Counters& counters, std::uint64_t redirects);

// Whether hits by hour add up to the hits; else says what is wrong.
std::string difference_of_hours(const Recorded& all);

}  // namespace redirector::scan::testing
