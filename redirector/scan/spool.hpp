// The spool: scans on their way to Redis, in files that survive this process.
// Shape:   one lane per I/O thread. A lane is a chain of segments (segment.hpp has the bytes):
//          mapped files of `segment_bytes`, allocated on the disk before they are mapped. A lane
//          always has two empty segments ahead; a keeper thread creates, syncs and removes them,
//          so that an append is a copy into memory and nothing else: no system call, lock or
//          allocation. Files: lock, identity (node id, last epoch), <epoch>-<lane>-<number>.seg.
// Errors:  open() says what is wrong with the directory in words. append() answers what became of
//          the scan; sync() gives the disk's error.
// Threads: open() and the destructor on one thread. Each Writer belongs to one thread. counters()
//          and accepting() may be called by any thread at any time.
// Source:  README.md "Promises"; costs from bench/scan_bench.cpp.
#pragma once

#include "redirector/scan/counters.hpp"
#include "redirector/scan/identity.hpp"
#include "redirector/scan/record.hpp"

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::scan {

class Lane;
struct Disk;
struct Left;

// What an answered redirect's scan survives.
enum class Durability : std::uint8_t {
    memory,    // nothing: segments are plain memory
    process,   // death of this process and of Redis: the kernel has the bytes
    interval,  // power loss, less the last `sync_interval`
    batch,     // power loss: sync() returns before the replies go out
};

// "memory", "process", "interval" or "batch"; nullopt for anything else.
std::optional<Durability> parse_durability(std::string_view text) noexcept;

enum class WhenFull : std::uint8_t {
    answer_and_count_dropped,  // the phone is served, the scan is lost and counted
    refuse,                    // the caller answers 503
};

struct SpoolOptions;

// What a spool's segments take at least.
std::uint64_t least_bytes(const SpoolOptions& options) noexcept;

struct SpoolOptions {
    std::filesystem::path directory;  // created when absent
    unsigned lanes = 1;  // one per I/O thread; 0: only to ship what earlier processes left
    Durability durability = Durability::process;
    WhenFull when_full = WhenFull::answer_and_count_dropped;
    std::uint64_t segment_bytes = 16ULL << 20;  // 64 KiB .. 1 GiB, a multiple of 4096
    std::uint64_t max_bytes = 4ULL << 30;       // all segments together, the empty ones included
    std::chrono::milliseconds sync_interval{100};
    // Told of disk errors and full disks, once each until it is over. Called on the keeper's and
    // the shipper's thread.
    std::function<void(std::string_view)> log;
};

enum class Appended : std::uint8_t {
    stored,
    dropped,  // spool full: answer all the same
    refused,  // spool full: answer 503
};

// The append side of one lane.
class Writer {
  public:
    Writer(Lane& lane, bool durable, WhenFull when_full) noexcept
        : lane_(&lane), durable_(durable), when_full_(when_full) {}

    // Copies the scan into the lane's segment. After `stored` it survives what the level promises
    // (`batch`: after sync()). Texts over their bound are cut; nothing of `scan` is kept.
    Appended append(const Scan& scan) noexcept;

    // Level `batch`: makes every scan appended so far durable, blocking for the disk's sync; call
    // it once per turn of the loop, before the replies are written. Other levels: returns at once.
    // On an error the scans are in memory only, until the keeper has rewritten them elsewhere.
    [[nodiscard]] boost::system::error_code sync() noexcept;

  private:
    Lane* lane_;
    bool durable_;
    WhenFull when_full_;
};

class Spool {
  public:
    // Opens or makes the directory, locks it against other processes, finds what earlier processes
    // left, begins a new epoch, and makes the first segments. The error names file and cause.
    // `disk`: the system calls to use, nullptr for the real ones.
    static boost::system::result<std::unique_ptr<Spool>, SpoolError> open(
        const SpoolOptions& options, const Disk* disk = nullptr);

    // Syncs what is open (levels interval and batch), stops the keeper, unlocks. Writers are dead.
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    // `lane` < options.lanes. Lives as long as the spool.
    Writer& writer(unsigned lane) noexcept;

    // False while the spool is full: new scans are dropped or refused.
    bool accepting() const noexcept;

    // Figures for /metrics; the shipper's half is zero until a Shipper runs on this spool.
    Counters counters() const noexcept;

    const SpoolOptions& options() const noexcept { return options_; }

    // Lanes, keeper and tallies, for the shipper (spool_parts.hpp).
    struct Parts;
    Parts& parts() noexcept { return *parts_; }

  private:
    Spool(SpoolOptions options, std::unique_ptr<Parts> parts);
    std::optional<SpoolError> build(Left left, const Disk& disk);

    SpoolOptions options_;
    std::unique_ptr<Parts> parts_;
    std::vector<Writer> writers_;
};

}  // namespace redirector::scan
