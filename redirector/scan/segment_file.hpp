// One segment of the spool on disk, and mapped while it is written.
// Shape:   life: created (allocated, mapped, every page touched) -> in use -> sealed (next() is
//          set) -> unmapped once read -> removed. A segment that an earlier process left begins
//          sealed. Level `memory` has the same life without a file.
// Errors:  error codes of the system calls. After a failed sync the kernel may have dropped the
//          pages from its to-do list, so that a second sync would lie (fsync(2), "fsyncgate"):
//          the segment is written anew to another file instead.
// Threads: the writer's thread appends; the keeper's creates, syncs, rewrites, unmaps and frees;
//          the shipper reads up to committed(). What they share is atomic.
#pragma once

#include "redirector/scan/segment.hpp"

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <sys/types.h>
#include <vector>

namespace redirector::scan {

// The system calls whose failure a test must be able to stage.
struct Disk {
    int (*allocate)(int fd, off_t offset, off_t length);  // posix_fallocate: returns the error
    int (*sync)(int fd);                                  // fdatasync: -1 and errno
};
extern const Disk kDisk;

class SegmentFile {
  public:
    using Error = boost::system::error_code;

    // A new segment of `bytes`, ready to be used; `path` empty: in memory only.
    static boost::system::result<std::unique_ptr<SegmentFile>> create(
        const std::filesystem::path& path,
        std::uint64_t bytes,
        const SegmentHeader& header,
        const Disk& disk = kDisk);

    // A segment left by an earlier process: the header is read, nothing is mapped.
    static boost::system::result<std::unique_ptr<SegmentFile>> open_left(
        const std::filesystem::path& path);

    ~SegmentFile();
    SegmentFile(const SegmentFile&) = delete;
    SegmentFile& operator=(const SegmentFile&) = delete;

    // --- the writer's thread
    // Puts the segment to use: stamps the header. Returns the frames' seed.
    std::uint32_t use(std::uint64_t first_seq, std::uint64_t now_ms) noexcept;
    std::uint8_t* data() noexcept { return map_; }
    void commit(std::uint64_t offset) noexcept {
        committed_.store(offset, std::memory_order_release);
    }
    bool failed() const noexcept { return failed_.load(std::memory_order_relaxed); }
    Error sync_now() noexcept;

    // --- the keeper's thread
    // Makes all that is committed durable. After an error `failed()` holds and the writer moves on.
    Error sync() noexcept;
    // After a failed sync: writes the segment to a new file that takes the old one's name.
    Error rewrite() noexcept;
    bool dirty() const noexcept { return synced_ < committed(); }
    void unmap() noexcept;
    void remove() noexcept;  // the file's name; the object is still to be destroyed

    // --- any thread
    std::uint64_t committed() const noexcept { return committed_.load(std::memory_order_acquire); }
    SegmentFile* next() const noexcept { return next_.load(std::memory_order_acquire); }
    void set_next(SegmentFile* next) noexcept { next_.store(next, std::memory_order_release); }
    const SegmentHeader& header() const noexcept { return header_; }
    const std::filesystem::path& path() const noexcept { return path_; }
    std::uint64_t size() const noexcept { return size_; }
    // Of a left segment: when it was last written, milliseconds since the epoch.
    std::uint64_t written_ms() const noexcept { return written_ms_; }

    // --- the shipper's thread
    std::uint64_t claim() const noexcept { return claim_; }
    Error set_claim(std::uint64_t epoch) noexcept;
    // Committed bytes in memory, header included; valid until unmap(). Empty when not mapped.
    std::span<const std::uint8_t> mapped() const noexcept;
    // The whole file, for a segment that is not mapped.
    boost::system::result<std::vector<std::uint8_t>> read() const;
    // A left segment: cuts the unused room off.
    void trim(std::uint64_t bytes) noexcept;

  private:
    SegmentFile(std::filesystem::path path, SegmentHeader header, const Disk& disk);

    std::filesystem::path path_;
    SegmentHeader header_;
    Disk disk_;
    int fd_ = -1;
    std::uint8_t* map_ = nullptr;
    std::uint64_t size_ = 0;
    std::uint64_t synced_ = 0;
    std::uint64_t claim_ = 0;
    std::uint64_t written_ms_ = 0;
    std::atomic<bool> failed_ = false;
    std::atomic<SegmentFile*> next_ = nullptr;
    std::atomic<std::uint64_t> committed_ = 0;
};

}  // namespace redirector::scan
