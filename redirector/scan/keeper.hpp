// The spool's housekeeping thread: everything that may wait for the disk.
// Shape:   keeps two empty segments ready in every lane, within `max_bytes`; level `interval`:
//          syncs what has grown; any synced level: rewrites a segment whose sync failed; unmaps,
//          trims and removes segments that the shipper is done with. Owns all segments.
// Errors:  a segment that cannot be made is tried again four times a second and said once through
//          `log`.
// Threads: its own. adopt() and fill() before start(); the rest of the public calls from the
//          shipper's thread, pressed() from any.
#pragma once

#include "redirector/scan/doorbell.hpp"
#include "redirector/scan/identity.hpp"
#include "redirector/scan/lane.hpp"
#include "redirector/scan/segment_file.hpp"
#include "redirector/scan/spool.hpp"
#include "redirector/scan/tallies.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace redirector::scan {

class Keeper {
  public:
    // All must outlive the keeper.
    Keeper(const SpoolOptions& options,
           const Identity& identity,
           std::vector<std::unique_ptr<Lane>>& lanes,
           Doorbell& bell,
           KeeperTallies& tallies,
           const Disk& disk);
    ~Keeper();  // stops the thread; levels interval and batch: syncs once more
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    SegmentFile* adopt(std::unique_ptr<SegmentFile> left);
    // Makes the segments that lanes lack, as far as `max_bytes` allows.
    boost::system::error_code fill();
    void start();

    // The segment is sealed and will not be looked at through mapped() again.
    void unmap(SegmentFile* segment);
    // A left segment needs no more than `bytes`.
    void trim(SegmentFile* segment, std::uint64_t bytes);
    // The segment is not used any more; the pointer is dead.
    void remove(SegmentFile* segment);

    // Room for new segments is short: shipped ones should go before their time.
    bool pressed() const noexcept { return pressed_.load(std::memory_order_relaxed); }

  private:
    struct Request {
        enum class Kind : std::uint8_t { unmap, trim, remove } kind;
        SegmentFile* segment;
        std::uint64_t bytes;
    };
    using Clock = std::chrono::steady_clock;

    void run();
    void post(Request request);
    void serve_requests();
    void serve(const Request& request);
    void make_durable();
    void make_durable(Lane& lane, SegmentFile*& from);
    bool make_clean(SegmentFile& segment);
    void count_sync_failure(const SegmentFile& segment, const boost::system::error_code& error);
    boost::system::error_code make_segment(Lane& lane);
    void refill();
    void say(const std::string& text) const;

    const SpoolOptions& options_;
    const Identity& identity_;
    std::vector<std::unique_ptr<Lane>>& lanes_;
    Doorbell& bell_;
    KeeperTallies& tallies_;
    const Disk disk_;
    std::vector<std::unique_ptr<SegmentFile>> segments_;
    std::vector<SegmentFile*> sync_from_;  // by lane: all segments before it are clean
    std::uint32_t made_ = 0;
    Clock::time_point retry_at_{};
    boost::system::error_code said_;
    std::mutex mutex_;  // between shipper and keeper: never taken by an I/O thread
    std::vector<Request> requests_;
    std::atomic<bool> pressed_ = false;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace redirector::scan
