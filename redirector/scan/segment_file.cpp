#include "redirector/scan/segment_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace redirector::scan {
namespace {

using boost::system::error_code;

constexpr std::size_t kPage = 4096;

error_code last_error() {
    return {errno, boost::system::system_category()};
}

// write(2) until all is out; pwrite for `offset` >= 0.
error_code write_all(int fd, std::span<const std::uint8_t> bytes, off_t offset) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), offset);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return last_error();
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        offset += n;
    }
    return {};
}

error_code sync_directory_of(const std::filesystem::path& file) {
    const int fd = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return last_error();
    const error_code error = ::fsync(fd) == 0 ? error_code() : last_error();
    ::close(fd);
    return error;
}

// How many of the bytes the file has.
boost::system::result<std::size_t> read_some(int fd, std::span<std::uint8_t> bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n =
            ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return last_error();
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    return done;
}

error_code read_all(int fd, std::span<std::uint8_t> bytes) {
    const auto read = read_some(fd, bytes);
    if (!read) return read.error();
    return *read == bytes.size() ? error_code() : error_code(EIO, boost::system::system_category());
}

}  // namespace

const Disk kDisk{::posix_fallocate, ::fdatasync};

SegmentFile::SegmentFile(std::filesystem::path path, SegmentHeader header, const Disk& disk)
    : path_(std::move(path)), header_(std::move(header)), disk_(disk) {}

boost::system::result<std::unique_ptr<SegmentFile>> SegmentFile::create(
    const std::filesystem::path& path,
    std::uint64_t bytes,
    const SegmentHeader& header,
    const Disk& disk) {
    std::unique_ptr<SegmentFile> segment(new SegmentFile(path, header, disk));
    segment->size_ = bytes;
    int flags = MAP_SHARED | MAP_ANONYMOUS;
    if (!path.empty()) {
        segment->fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (segment->fd_ < 0) return last_error();
        // Without its blocks on the disk, writing to the mapping of a full disk is a SIGBUS.
        if (const int error = disk.allocate(segment->fd_, 0, static_cast<off_t>(bytes))) {
            segment->remove();
            return error_code(error, boost::system::system_category());
        }
        flags = MAP_SHARED;
    }
    void* map = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, segment->fd_, 0);
    if (map == MAP_FAILED) {
        const error_code error = last_error();
        segment->remove();
        return error;
    }
    segment->map_ = static_cast<std::uint8_t*>(map);
    // Page faults are taken here, off the I/O threads.
    for (std::uint64_t page = 0; page < bytes; page += kPage)
        const_cast<volatile std::uint8_t*>(segment->map_)[page] = 0;
    write_header(header, segment->map_);
    segment->commit(kFramesAt);
    return segment;
}

boost::system::result<std::unique_ptr<SegmentFile>> SegmentFile::open_left(
    const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return last_error();
    struct stat status {};
    std::uint8_t head[kFramesAt];
    error_code error = ::fstat(fd, &status) == 0 ? read_all(fd, head) : last_error();
    ::close(fd);
    if (error) return error;
    auto header = read_header(head);
    if (!header) return error_code(EBADMSG, boost::system::system_category());
    std::unique_ptr<SegmentFile> segment(new SegmentFile(path, *std::move(header), kDisk));
    segment->size_ = static_cast<std::uint64_t>(status.st_size);
    segment->claim_ = read_claim(head);
    segment->written_ms_ = static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1000;
    return segment;
}

SegmentFile::~SegmentFile() {
    unmap();
    if (fd_ >= 0) ::close(fd_);
}

std::uint32_t SegmentFile::use(std::uint64_t first_seq, std::uint64_t now_ms) noexcept {
    header_.first_seq = first_seq;
    header_.opened_ms = now_ms;
    return write_header(header_, map_);
}

error_code SegmentFile::sync_now() noexcept {
    if (fd_ < 0 || disk_.sync(fd_) == 0) return {};
    const error_code error = last_error();
    failed_.store(true, std::memory_order_relaxed);
    return error;
}

error_code SegmentFile::sync() noexcept {
    const std::uint64_t upto = committed();
    const error_code error = sync_now();
    if (!error) synced_ = upto;
    return error;
}

error_code SegmentFile::rewrite() noexcept {
    const std::uint64_t upto = committed();
    const std::filesystem::path fresh = path_.string() + ".new";
    const int fd = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return last_error();
    error_code error = write_all(fd, {map_, upto}, 0);
    if (!error && disk_.sync(fd) != 0) error = last_error();
    if (!error && ::rename(fresh.c_str(), path_.c_str()) != 0) error = last_error();
    if (!error) error = sync_directory_of(path_);
    ::close(fd);
    if (error) {
        ::unlink(fresh.c_str());
    } else {
        synced_ = upto;
    }
    return error;
}

void SegmentFile::unmap() noexcept {
    if (map_ != nullptr) ::munmap(map_, size_);
    map_ = nullptr;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

void SegmentFile::remove() noexcept {
    if (!path_.empty()) ::unlink(path_.c_str());
}

error_code SegmentFile::set_claim(std::uint64_t epoch) noexcept {
    claim_ = epoch;
    if (map_ != nullptr) {
        write_claim(epoch, map_);
        return {};
    }
    std::uint8_t head[kFramesAt];
    const int fd = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return last_error();
    error_code error = read_all(fd, head);
    if (!error) {
        write_claim(epoch, head);
        error = write_all(fd, head, 0);
    }
    ::close(fd);
    return error;
}

std::span<const std::uint8_t> SegmentFile::mapped() const noexcept {
    if (map_ == nullptr) return {};
    return {map_, committed()};
}

boost::system::result<std::vector<std::uint8_t>> SegmentFile::read() const {
    const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return last_error();
    struct stat status {};
    std::vector<std::uint8_t> bytes;
    error_code error = ::fstat(fd, &status) == 0 ? error_code() : last_error();
    if (!error) {
        bytes.resize(static_cast<std::size_t>(status.st_size));
        // Fewer where trim() came in between: what it cuts off holds no record.
        const auto had = read_some(fd, bytes);
        if (had) bytes.resize(*had);
        error = had ? error_code() : had.error();
    }
    ::close(fd);
    if (error) return error;
    return bytes;
}

void SegmentFile::trim(std::uint64_t bytes) noexcept {
    if (bytes < size_ && ::truncate(path_.c_str(), static_cast<off_t>(bytes)) == 0) size_ = bytes;
}

}  // namespace redirector::scan
