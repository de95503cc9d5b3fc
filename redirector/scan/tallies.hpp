// The live figures behind Counters.
// Threads: each group of atomics is written by one thread and read by any; relaxed throughout,
//          since no figure guards memory.
#pragma once

#include <atomic>
#include <cstdint>

namespace redirector::scan {

// A figure that one thread writes.
class Tally {
  public:
    void add(std::uint64_t n = 1) noexcept { set(get() + n); }
    void subtract(std::uint64_t n = 1) noexcept { set(get() - n); }
    void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

// By a lane's writer.
struct alignas(64) LaneTallies {
    Tally appended;  // equals the last sequence number of this epoch
    Tally appended_bytes;
    Tally dropped;
    Tally refused;
};

// By the keeper.
struct alignas(64) KeeperTallies {
    Tally disk_bytes;
    Tally sync_failures;
};

// By the shipper. "Seen" is what its reading has reached for the first time.
struct alignas(64) ShipperTallies {
    Tally shipped;
    Tally reshipped;
    Tally batches;
    Tally retried;
    Tally cut_short;
    Tally recovered;
    Tally missing;
    Tally behind;
    Tally recorded_own;
    Tally seen_own;
    Tally seen_own_bytes;
    Tally waiting_own;  // seen, not confirmed
    Tally waiting;      // the same with those of earlier processes
    Tally waiting_bytes;
    Tally caught_up_ms;  // when everything appended until then had been confirmed
};

struct Tallies {
    KeeperTallies keeper;
    ShipperTallies shipper;
};

}  // namespace redirector::scan
