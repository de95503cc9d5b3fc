#include "redirector/scan/keeper.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace redirector::scan {
namespace {

using boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto kRetryAfter = 250ms;
constexpr auto kIdleWait = 50ms;

bool synced(Durability level) {
    return level == Durability::interval || level == Durability::batch;
}

void sync_directory(const std::filesystem::path& directory) {
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
}

}  // namespace

Keeper::Keeper(const SpoolOptions& options,
               const Identity& identity,
               std::vector<std::unique_ptr<Lane>>& lanes,
               Doorbell& bell,
               KeeperTallies& tallies,
               const Disk& disk)
    : options_(options),
      identity_(identity),
      lanes_(lanes),
      bell_(bell),
      tallies_(tallies),
      disk_(disk),
      sync_from_(lanes.size(), nullptr) {}

Keeper::~Keeper() {
    if (thread_.joinable()) {
        stop_.store(true);
        bell_.ring();
        thread_.join();
    }
    if (options_.durability == Durability::batch)
        for (const auto& lane : lanes_)
            (void)lane->sync();
    make_durable();
    // Segments that were only held ready are nothing to recover.
    for (const auto& segment : segments_)
        if (segment->header().first_seq == 0) segment->remove();
}

SegmentFile* Keeper::adopt(std::unique_ptr<SegmentFile> left) {
    tallies_.disk_bytes.add(left->size());
    return segments_.emplace_back(std::move(left)).get();
}

error_code Keeper::make_segment(Lane& lane) {
    const SegmentHeader header{.lane = lane.number(),
                               .number = made_,
                               .node = identity_.node,
                               .epoch = identity_.epoch,
                               .incarnation = identity_.incarnation};
    std::filesystem::path path;
    if (options_.durability != Durability::memory)
        path = options_.directory /
               (std::to_string(identity_.epoch) + "-" + std::to_string(lane.number()) + "-" +
                std::to_string(made_) + ".seg");
    ++made_;
    auto segment = SegmentFile::create(path, options_.segment_bytes, header, disk_);
    if (!segment) return segment.error();
    if (synced(options_.durability)) {
        // Written zeroes make later syncs half as dear, and a file without a name is no file.
        if (const error_code error = (*segment)->sync()) {
            (*segment)->remove();
            return error;
        }
        sync_directory(options_.directory);
    }
    tallies_.disk_bytes.add(options_.segment_bytes);
    lane.offer(segments_.emplace_back(*std::move(segment)).get());
    return {};
}

error_code Keeper::fill() {
    // Round by round, so that near the cap every lane gets its first before any gets a second; those
    // first that have nothing to write to.
    std::vector<Lane*> lanes;
    for (const auto& lane : lanes_)
        lanes.push_back(lane.get());
    std::stable_partition(lanes.begin(), lanes.end(), [](Lane* lane) { return lane->starved(); });
    for (std::size_t want = 1; want <= Lane::kReady; ++want) {
        for (Lane* const lane : lanes) {
            while (Lane::kReady - lane->missing() < want) {
                if (tallies_.disk_bytes.get() + options_.segment_bytes > options_.max_bytes)
                    return {EDQUOT, boost::system::system_category()};
                if (const error_code error = make_segment(*lane)) return error;
            }
        }
    }
    return {};
}

void Keeper::start() {
    thread_ = std::thread(&Keeper::run, this);
}

void Keeper::run() {
    const auto wait = options_.durability == Durability::interval
                          ? std::min<std::chrono::milliseconds>(options_.sync_interval, kIdleWait)
                          : std::chrono::milliseconds(kIdleWait);
    auto sync_at = Clock::now();
    while (!stop_.load()) {
        bell_.wait(wait);
        serve_requests();
        refill();
        if (const auto now = Clock::now(); now >= sync_at) {
            sync_at = now + options_.sync_interval;
            make_durable();
        }
    }
    serve_requests();
}

void Keeper::refill() {
    const bool lacking = std::any_of(lanes_.begin(), lanes_.end(),
                                     [](const auto& lane) { return lane->missing() > 0; });
    if (!lacking || (Clock::now() < retry_at_ && said_.value() != EDQUOT)) return;
    const error_code error = fill();
    pressed_.store(error.failed(), std::memory_order_relaxed);
    if (error) retry_at_ = Clock::now() + kRetryAfter;
    if (error && error != said_)
        say("scan spool: no new segment in " + options_.directory.string() + ": " +
            (error.value() == EDQUOT ? "its bound is reached" : error.message()));
    said_ = error;
}

void Keeper::make_durable() {
    if (!synced(options_.durability)) return;
    for (std::size_t i = 0; i < lanes_.size(); ++i)
        make_durable(*lanes_[i], sync_from_[i]);
}

void Keeper::make_durable(Lane& lane, SegmentFile*& from) {
    if (from == nullptr) from = lane.first();
    bool clean_so_far = true;
    for (SegmentFile* segment = from; segment != nullptr;) {
        SegmentFile* next = segment->next();  // read first: afterwards the segment does not grow
        clean_so_far = make_clean(*segment) && clean_so_far;
        if (clean_so_far && next != nullptr) from = next;
        segment = next;
    }
}

// Whether nothing of the segment waits for the disk any more.
bool Keeper::make_clean(SegmentFile& segment) {
    if (!segment.failed()) {
        if (options_.durability == Durability::batch || !segment.dirty()) return true;
        const error_code error = segment.sync();
        if (!error) return true;
        count_sync_failure(segment, error);
    }
    if (!segment.dirty()) return true;
    const error_code error = segment.rewrite();
    if (error) count_sync_failure(segment, error);
    return !error;
}

void Keeper::count_sync_failure(const SegmentFile& segment, const error_code& error) {
    tallies_.sync_failures.add();
    if (tallies_.sync_failures.get() == 1)
        say("scan spool: cannot sync " + segment.path().string() + ": " + error.message());
}

void Keeper::unmap(SegmentFile* segment) {
    post({Request::Kind::unmap, segment, 0});
}
void Keeper::trim(SegmentFile* segment, std::uint64_t bytes) {
    post({Request::Kind::trim, segment, bytes});
}
void Keeper::remove(SegmentFile* segment) {
    post({Request::Kind::remove, segment, 0});
}

void Keeper::post(Request request) {
    {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
    }
    bell_.ring();
}

void Keeper::serve_requests() {
    std::vector<Request> requests;
    {
        const std::lock_guard lock(mutex_);
        requests.swap(requests_);
    }
    if (!requests.empty()) make_durable();
    for (const Request& request : requests)
        serve(request);
}

void Keeper::serve(const Request& request) {
    SegmentFile* const segment = request.segment;
    const std::uint64_t before = segment->size();
    switch (request.kind) {
        case Request::Kind::unmap:
            // One that could not be made durable stays: its only good copy is in memory.
            if (!segment->failed()) segment->unmap();
            return;
        case Request::Kind::trim:
            segment->trim(request.bytes);
            tallies_.disk_bytes.subtract(before - segment->size());
            return;
        case Request::Kind::remove: {
            for (SegmentFile*& from : sync_from_)
                if (from == segment) from = segment->next();
            for (const auto& other : segments_)
                if (other->next() == segment) other->set_next(segment->next());
            segment->remove();
            tallies_.disk_bytes.subtract(before);
            const auto found =
                std::find_if(segments_.begin(), segments_.end(),
                             [segment](const auto& owned) { return owned.get() == segment; });
            segments_.erase(found);
            return;
        }
    }
}

void Keeper::say(const std::string& text) const {
    if (options_.log) options_.log(text);
}

}  // namespace redirector::scan
