// The shipper: takes scans from the spool to Redis, each exactly once.
// Shape:   reads every lane from the oldest record on, groups records by partition, and sends one
//          script per partition and batch (batch.hpp) that compares the partition's mark with the
//          one expected, and only then adds stream entries, hits and the new mark together. After
//          each reconnect, and whenever a mark is not what it should be, the marks are read back
//          and the lanes are read again from behind them: a Redis that came back older is healed
//          from the segments kept for `keep`.
// Errors:  none reach the caller: it backs off, counts, and goes on for as long as it takes.
// Threads: run() is a coroutine of one io_context that no I/O thread uses (it reads and packs for
//          milliseconds at a time). drain() may be called from any thread.
// Source:  README.md "Exactly once".
#pragma once

#include "redirector/async.hpp"
#include "redirector/scan/sink.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace redirector::scan {

class Enrichment;
class LaneReader;
class Spool;
// An epoch and the incarnation of the process that began it.
struct Epoch {
    std::uint64_t number = 0;  // 0: none
    std::uint64_t incarnation = 0;
};

struct ShipperOptions {
    std::size_t batch_records = 512;            // 1 .. 512
    std::size_t batch_bytes = 256 * 1024;       // of records
    std::size_t window_records = 8192;          // taken in one pass over a lane
    std::size_t records_per_entry = 16;         // 1 .. kMaxRecordsPerEntry
    unsigned statistics_days = 400;             // 0: no statistics (statistics.hpp)
    std::chrono::milliseconds poll{50};         // how often an idle shipper looks into the spool
    std::chrono::milliseconds keep{3'600'000};  // shipped segments stay for this long
    std::chrono::milliseconds first_retry{50};  // back-off doubles from here, with jitter
    std::chrono::milliseconds last_retry{5'000};
};

class Shipper {
  public:
    // `spool`, `sink` and `enrichment` (may be null) must outlive the shipper. One per spool.
    Shipper(Spool& spool, Sink& sink, ShipperOptions options, Enrichment* enrichment = nullptr);
    ~Shipper();

    // Ships until drain(). Spawn it once, on the sink's io_context.
    Awaitable<void> run();

    // Asks run() to return: as soon as everything appended so far is in Redis, or after `limit`.
    // What is left then stays in the spool for the next process.
    void drain(std::chrono::milliseconds limit) noexcept;

  private:
    enum class Progress : std::uint8_t { idle, moved, failed };

    void make_readers();
    LaneReader& reader(const std::string& node, unsigned lane);
    bool finished() const;
    Awaitable<Progress> step();
    Awaitable<bool> resume();
    Awaitable<bool> claim_epochs();
    Awaitable<bool> claim_epoch(const std::string& node, Epoch epoch);
    Awaitable<bool> read_marks(LaneReader& lane, std::vector<std::uint32_t> slots);
    Awaitable<bool> learn(LaneReader& lane, std::vector<std::uint32_t> slots);
    Awaitable<Progress> ship(LaneReader& lane);
    void tell(const LaneReader& lane);
    Awaitable<bool> retire(LaneReader& lane);
    Awaitable<void> pause(std::chrono::milliseconds time);
    std::chrono::milliseconds next_delay();

    Spool& spool_;
    Sink& sink_;
    const ShipperOptions options_;
    Enrichment* const enrichment_;
    std::vector<std::unique_ptr<LaneReader>> lanes_;
    std::string told_;  // the last trouble
    bool own_claimed_ = false;
    bool stale_ = true;  // marks must be read before anything is sent
    std::uint64_t generation_ = 0;
    std::chrono::milliseconds delay_;
    std::chrono::steady_clock::time_point retire_at_{};
    std::chrono::steady_clock::time_point behind_at_{};
    std::chrono::milliseconds behind_delay_;
    std::minstd_rand random_;
    std::atomic<std::int64_t> drain_until_{0};  // steady clock, nanoseconds; 0: not asked
};

}  // namespace redirector::scan
