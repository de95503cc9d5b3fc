// Removes actions that their account keeps no longer.
// Shape:   every minute one node, whichever takes the lease first, goes through the accounts that
//          state `retentionDays` and trims their streams, what is left of entries with removed
//          actions, and the indexes of both, by the time at which Redis took them in. Hits and
//          statistics stay. Trimming twice removes nothing more, so that a lease lost half way does
//          no harm.
// Units:   a pass removes at most kMostPerPass entries of a partition, kMostAtOnce at a time; the
//          rest goes in the passes after it.
// Errors:  what fails is tried again a minute later.
// Threads: one of its own.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/account_policies.hpp"
#include "redirector/store/redis_client.hpp"
#include "redirector/store/redis_places.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace redirector {

class Retention {
  public:
    static constexpr std::chrono::seconds kEvery{60};
    static constexpr std::chrono::seconds kLease{50};
    static constexpr std::uint64_t kMostAtOnce = 200;
    static constexpr std::uint64_t kMostPerPass = 100'000;

    explicit Retention(const store::RedisPlaces& redis);
    ~Retention();
    Retention(const Retention&) = delete;
    Retention& operator=(const Retention&) = delete;

    // Entries removed since the start; any thread.
    std::uint64_t removed() const { return removed_.load(std::memory_order_relaxed); }

  private:
    Awaitable<void> run();
    Awaitable<bool> take_lease();
    Awaitable<void> pass();
    Awaitable<void> trim(std::string account, std::uint64_t before_ms);
    Awaitable<void> trim(std::string account, unsigned bucket, std::uint64_t before_ms);

    net::io_context context_;
    store::RedisClient redis_;       // of accounts and the lease
    store::RedisClient scan_redis_;  // of actions
    store::AccountPolicies policies_;
    net::basic_waitable_timer<std::chrono::steady_clock,
                              net::wait_traits<std::chrono::steady_clock>,
                              Executor>
        timer_;
    std::atomic<std::uint64_t> removed_{0};
    bool stopping_ = false;  // on the thread
    std::thread thread_;
};

}  // namespace redirector
