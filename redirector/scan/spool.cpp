#include "redirector/scan/spool.hpp"

#include "redirector/scan/clock.hpp"
#include "redirector/scan/recovery.hpp"
#include "redirector/scan/spool_parts.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace redirector::scan {
namespace {

constexpr std::uint64_t kMinSegment = 64ULL << 10;
constexpr std::uint64_t kMaxSegment = 1ULL << 30;
constexpr std::uint64_t kPage = 4096;

// What is wrong with the options; empty: nothing.
std::string objection(const SpoolOptions& options) {
    const std::uint64_t size = options.segment_bytes;
    if (size < kMinSegment || size > kMaxSegment || size % kPage != 0)
        return "scan spool: segment size " + std::to_string(size) +
               " is not a multiple of 4096 from 65536 to 1073741824";
    if (options.max_bytes < least_bytes(options))
        return "scan spool: a bound of " + std::to_string(options.max_bytes) +
               " bytes is below the " + std::to_string(Lane::kReady + 1) + " segments of " +
               std::to_string(size) + " bytes that each of " + std::to_string(options.lanes) +
               " lanes needs";
    return {};
}

boost::system::result<int, SpoolError> lock(const std::filesystem::path& directory) {
    const std::filesystem::path file = directory / "lock";
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return SpoolError{"cannot open " + file.string() + ": " +
                          std::generic_category().message(errno)};
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    const bool taken = errno == EWOULDBLOCK;
    const std::string cause =
        taken ? "another process uses this spool" : std::generic_category().message(errno);
    ::close(fd);
    return SpoolError{"cannot lock " + file.string() + ": " + cause, taken};
}

}  // namespace

DirectoryLock::~DirectoryLock() {
    ::close(fd_);
}

std::uint64_t least_bytes(const SpoolOptions& options) noexcept {
    return (Lane::kReady + 1) * options.segment_bytes * options.lanes;
}

std::optional<Durability> parse_durability(std::string_view text) noexcept {
    if (text == "memory") return Durability::memory;
    if (text == "process") return Durability::process;
    if (text == "interval") return Durability::interval;
    if (text == "batch") return Durability::batch;
    return std::nullopt;
}

Appended Writer::append(const Scan& scan) noexcept {
    const std::size_t size = encoded_size(scan);
    if (std::uint8_t* payload = lane_->reserve(size)) {
        encode(scan, payload);
        lane_->commit(size);
        return Appended::stored;
    }
    if (when_full_ == WhenFull::refuse) {
        lane_->tallies.refused.add();
        return Appended::refused;
    }
    lane_->tallies.dropped.add();
    return Appended::dropped;
}

boost::system::error_code Writer::sync() noexcept {
    return durable_ ? lane_->sync() : boost::system::error_code();
}

Spool::Spool(SpoolOptions options, std::unique_ptr<Parts> parts)
    : options_(std::move(options)), parts_(std::move(parts)) {}

Spool::~Spool() = default;

boost::system::result<std::unique_ptr<Spool>, SpoolError> Spool::open(const SpoolOptions& options,
                                                                      const Disk* disk) {
    if (std::string text = objection(options); !text.empty()) return SpoolError{std::move(text)};
    std::error_code error;
    std::filesystem::create_directories(options.directory, error);
    if (error)
        return SpoolError{"cannot make " + options.directory.string() + ": " + error.message()};
    auto locked = lock(options.directory);
    if (!locked) return locked.error();
    std::unique_ptr<Spool> spool(new Spool(options, std::make_unique<Parts>(*locked)));
    Left left = find_left(options.directory);
    auto identity = begin_epoch(options.directory, left.highest_epoch);
    if (!identity) return identity.error();
    spool->parts_->identity = *identity;
    if (auto problem = spool->build(std::move(left), disk ? *disk : kDisk)) return *problem;
    return spool;
}

std::optional<SpoolError> Spool::build(Left left, const Disk& disk) {
    Parts& parts = *parts_;
    const bool durable = options_.durability == Durability::batch;
    for (unsigned i = 0; i < options_.lanes; ++i) {
        parts.lanes.push_back(std::make_unique<Lane>(i, durable, parts.bell));
        writers_.push_back(Writer(*parts.lanes.back(), durable, options_.when_full));
    }
    parts.keeper = std::make_unique<Keeper>(options_, parts.identity, parts.lanes, parts.bell,
                                            parts.tallies.keeper, disk);
    for (auto& segment : left.segments)
        parts.left.push_back(parts.keeper->adopt(std::move(segment)));
    if (options_.log)
        for (const std::string& path : left.bad)
            options_.log("scan spool: no segment: " + path);
    // A spool full of what earlier processes left is no reason not to start: shipping will empty
    // it.
    const auto error = parts.keeper->fill();
    if (error && error.value() != EDQUOT)
        return SpoolError{"cannot make a scan segment in " + options_.directory.string() + ": " +
                          error.message()};
    std::uint64_t oldest = now_ms();
    for (const SegmentFile* segment : parts.left)
        oldest = std::min(oldest, segment->header().opened_ms);
    parts.tallies.shipper.caught_up_ms.set(oldest);
    parts.keeper->start();
    return std::nullopt;
}

Writer& Spool::writer(unsigned lane) noexcept {
    return writers_[lane];
}

bool Spool::accepting() const noexcept {
    return std::none_of(parts_->lanes.begin(), parts_->lanes.end(),
                        [](const auto& lane) { return lane->starved(); });
}

Counters Spool::counters() const noexcept {
    const ShipperTallies& shipper = parts_->tallies.shipper;
    Counters c;
    std::uint64_t appended_bytes = 0;
    // The shipper's half first: what it has seen was appended before.
    const std::uint64_t seen = shipper.seen_own.get();
    const std::uint64_t since = shipper.caught_up_ms.get();
    const std::uint64_t seen_bytes = shipper.seen_own_bytes.get();
    c.recorded = shipper.recorded_own.get();
    c.spooled_own = shipper.waiting_own.get();
    c.spooled = shipper.waiting.get();
    c.spooled_bytes = shipper.waiting_bytes.get();
    for (const auto& lane : parts_->lanes) {
        c.appended += lane->tallies.appended.get();
        appended_bytes += lane->tallies.appended_bytes.get();
        c.dropped += lane->tallies.dropped.get();
        c.refused += lane->tallies.refused.get();
    }
    const std::uint64_t unseen = c.appended - std::min(seen, c.appended);
    c.spooled_own += unseen;
    c.spooled += unseen;
    c.spooled_bytes += appended_bytes - std::min(seen_bytes, appended_bytes);
    c.shipped = shipper.shipped.get();
    c.reshipped = shipper.reshipped.get();
    c.batches = shipper.batches.get();
    c.retried = shipper.retried.get();
    c.cut_short = shipper.cut_short.get();
    c.recovered = shipper.recovered.get();
    c.missing = shipper.missing.get();
    c.behind = shipper.behind.get();
    c.sync_failures = parts_->tallies.keeper.sync_failures.get();
    c.disk_bytes = parts_->tallies.keeper.disk_bytes.get();
    c.oldest_ms = c.spooled == 0 ? 0 : std::max(now_ms(), since + 1) - since;
    return c;
}

}  // namespace redirector::scan
