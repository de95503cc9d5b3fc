#include "redirector/scan/lane_reader.hpp"

#include <algorithm>
#include <cassert>
#include <thread>
#include <utility>

namespace redirector::scan {
namespace {

constexpr std::size_t kWindowBytes = 4U << 20;
constexpr std::size_t kYieldEvery = 32;          // records: some 50 us
constexpr std::size_t kScannedRecords = 65'536;  // per collect(), so that others get their turn

}  // namespace

LaneReader::LaneReader(std::string field,
                       const ShipperOptions& options,
                       Keeper& keeper,
                       ShipperTallies& tallies,
                       Enrichment* enrichment)
    : field_(std::move(field)),
      options_(options),
      keeper_(keeper),
      tallies_(tallies),
      enrichment_(enrichment),
      position_{segments_.end()},
      frontier_{segments_.end()},
      reading_{segments_.end()} {}

// ---- segments

void LaneReader::add_left(SegmentFile* segment) {
    append(segment, false, std::max<std::uint64_t>(segment->written_ms(), 1));
}

void LaneReader::append(SegmentFile* file, bool own, std::uint64_t sealed_ms) {
    Segment& segment = segments_.emplace_back(Segment{file, own, !own, sealed_ms, file->claim()});
    for (const auto& [epoch, as] : claims_) {
        if (segment.epoch == 0 && epoch == file->header().epoch) {
            segment.epoch = as;
            (void)file->set_claim(as);
        }
    }
    for (Place* place : {&position_, &frontier_, &reading_})
        if (place->segment == segments_.end()) *place = start_of(std::prev(segments_.end()));
}

LaneReader::Place LaneReader::start_of(Segments::iterator segment) {
    return {segment, kFramesAt, segment->file->header().first_seq};
}

// Finds the segments that the writer has put to use since the last call.
void LaneReader::discover() {
    if (lane_ == nullptr) return;
    for (;;) {
        SegmentFile* next = newest_ == nullptr ? lane_->first() : newest_->next();
        if (next == nullptr) return;
        if (newest_ != nullptr) segments_.back().sealed_ms = next->header().opened_ms;
        newest_ = next;
        append(next, true, 0);
    }
}

// Moves on behind a segment that holds no more records; false where it may still get some.
bool LaneReader::to_next(Place& place) {
    if (place.segment->sealed_ms == 0) return false;
    const Place from = place;
    const auto next = std::next(place.segment);
    place = next == segments_.end() ? Place{next} : start_of(next);
    if (from.segment != frontier_.segment) return true;
    // The frontier goes along. What the next segment of the same epoch says it begins with tells
    // whether records are missing at the end of this one.
    frontier_ = place;
    if (next != segments_.end() && next->file->header().epoch == from.segment->file->header().epoch)
        tallies_.missing.add(place.seq - std::min(from.seq, place.seq));
    return true;
}

// None where the file cannot be read now: what it holds is not known then, and it is not empty. A
// file that an operator took away is.
std::optional<std::span<const std::uint8_t>> LaneReader::bytes(Segment& segment) {
    trouble_.clear();
    if (!segment.unmapped) return segment.file->mapped();
    if (read_ != &segment) {
        auto read = segment.file->read();
        if (!read && read.error() != boost::system::errc::no_such_file_or_directory) {
            trouble_ = "cannot read " + segment.file->path().string() + ": " +
                       read.error().message() + "; its scans and those behind it wait";
            return std::nullopt;
        }
        read_ = &segment;
        read_bytes_ = read ? *std::move(read) : std::vector<std::uint8_t>(kFramesAt);
    }
    return read_bytes_;
}

bool LaneReader::survey_left() {
    if (frontier_.segment == segments_.end() || frontier_.segment->own) return false;
    Segment& segment = *frontier_.segment;
    const auto found = bytes(segment);
    if (!found) return true;
    const auto view = *found;
    Frames frames(view, frontier_.offset, frontier_.seq);
    while (const auto frame = frames.next()) {
        if (const auto scan = decode(frame->payload)) {
            see(*frame, slot_of(*scan));
        } else {
            tallies_.missing.add();
        }
        frontier_.offset = frames.offset();
        frontier_.seq = frames.next_seq();
    }
    const bool whole = view.size() == segment.file->size();
    if (whole && frames.clean_end()) keeper_.trim(segment.file, frames.offset());
    Place place = frontier_;
    to_next(place);
    read_ = nullptr;
    return true;
}

Epoch LaneReader::unclaimed() const {
    Epoch lowest;
    for (const Segment& segment : segments_) {
        const SegmentHeader& header = segment.file->header();
        if (segment.epoch == 0 && (lowest.number == 0 || header.epoch < lowest.number))
            lowest = {header.epoch, header.incarnation};
    }
    return lowest;
}

void LaneReader::claim(std::uint64_t epoch, std::uint64_t as) {
    claims_.emplace_back(epoch, as);
    for (Segment& segment : segments_) {
        if (segment.epoch != 0 || segment.file->header().epoch != epoch) continue;
        segment.epoch = as;
        // Where this cannot be written down, the next process asks Redis again, which knows.
        (void)segment.file->set_claim(as);
    }
}

// ---- partitions

LaneReader::Slot LaneReader::slot_of(const Scan& scan) {
    const unsigned bucket = bucket_of(scan.short_id);
    key_.assign(scan.account);
    key_ += static_cast<char>(bucket);
    if (const auto found = by_key_.find(key_); found != by_key_.end()) return found->second;
    auto slot = static_cast<Slot>(slots_.size());
    if (free_.empty()) {
        slots_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    slots_[slot] = PartitionState{};
    slots_[slot].partition = {std::string(scan.account), bucket};
    by_key_.emplace(key_, slot);
    return slot;
}

void LaneReader::release(Slot slot) {
    PartitionState& state = slots_[slot];
    if (--state.segments > 0) return;
    key_.assign(state.partition.account);
    key_ += static_cast<char>(state.partition.bucket);
    by_key_.erase(key_);
    if (state.behind) tallies_.behind.subtract();
    free_.push_back(slot);
}

// ---- reading

// The first look at the record at the frontier.
void LaneReader::see(const Frame& frame, Slot slot) {
    Segment& segment = *frontier_.segment;
    const auto [last, first_here] = segment.last.try_emplace(slot, frame.seq);
    last->second = frame.seq;
    if (first_here) ++slots_[slot].segments;
    const std::uint64_t size = kFrameHead + frame.payload.size();
    tallies_.waiting.add();
    tallies_.waiting_bytes.add(size);
    if (segment.own) {
        tallies_.waiting_own.add();
        tallies_.seen_own.add();
        tallies_.seen_own_bytes.add(size);
    } else {
        tallies_.recovered.add();
    }
}

LaneReader::Load LaneReader::collect() {
    Load load;
    open_.clear();
    discover();
    reading_ = position_;
    at_end_ = false;
    std::size_t records = 0;
    std::size_t scanned = 0;
    while (reading_.segment != segments_.end()) {
        read_on(load, records, scanned);
        if (records >= options_.window_records || scanned >= kScannedRecords) return load;
        if (!trouble_.empty() || !to_next(reading_)) break;
    }
    at_end_ = true;
    return load;
}

// Reads the segment at reading_ to its end or until the load is full.
void LaneReader::read_on(Load& load, std::size_t& records, std::size_t& scanned) {
    // Before the bytes: what is sealed by now has its last record in them.
    discover();
    Segment& segment = *reading_.segment;
    assert(segment.epoch != 0);
    const auto view = bytes(segment);
    if (!view || view->size() < reading_.offset) return;
    Frames frames(*view, reading_.offset, reading_.seq);
    std::size_t size = 0;
    while (records < options_.window_records && size < kWindowBytes && scanned < kScannedRecords) {
        const auto frame = frames.next();
        if (!frame) return;
        // A listener on the same core need not wait until a whole load is packed.
        if (++scanned % kYieldEvery == 0) std::this_thread::yield();
        const bool first_look =
            reading_.segment == frontier_.segment && reading_.offset == frontier_.offset;
        auto scan = decode(frame->payload);
        if (scan) {
            const Slot slot = slot_of(*scan);
            if (first_look) see(*frame, slot);
            const PartitionState& state = slots_[slot];
            if (!state.behind && segment.mark(frame->seq) > state.mark) {
                ++records;
                size += frame->payload.size();
                take(load, segment, *frame, *scan, slot);
            }
        } else if (first_look) {
            tallies_.missing.add();
        }
        reading_.offset = frames.offset();
        reading_.seq = frames.next_seq();
        if (first_look) {
            frontier_.offset = reading_.offset;
            frontier_.seq = reading_.seq;
        }
    }
    records = options_.window_records;  // full by bytes is full
}

// The part that takes the partition's next record; null while something must be learnt first.
LaneReader::Load::Part* LaneReader::part_for(Load& load, Slot slot, std::size_t record_bytes) {
    const PartitionState& state = slots_[slot];
    const auto open = open_.find(slot);
    if (load.incomplete()) {
        if (!state.known && open == open_.end()) {
            open_.emplace(slot, 0);
            load.unknown.push_back(slot);
        }
        return nullptr;
    }
    Load::Part* part = open == open_.end() ? nullptr : &load.parts[open->second];
    if (part != nullptr && part->batch.records() < options_.batch_records &&
        part->batch.bytes() + record_bytes <= options_.batch_bytes)
        return part;
    std::optional<Policy> policy = Policy{};
    if (part != nullptr) {
        policy = part->policy;
    } else if (enrichment_ != nullptr) {
        policy = enrichment_->policy(state.partition.account);
    }
    if (!state.known || !policy) {
        load.unknown.push_back(slot);
        load.parts.clear();
        open_.clear();
        open_.emplace(slot, 0);
        return nullptr;
    }
    const Mark expected = part == nullptr ? state.mark : part->batch.upto();
    open_[slot] = load.parts.size();
    return &load.parts.emplace_back(Load::Part{
        Batch(state.partition, field_, expected, options_.statistics_days), slot, *policy});
}

void LaneReader::take(
    Load& load, const Segment& segment, const Frame& frame, Scan& scan, Slot slot) {
    if (enrichment_ != nullptr && !enrichment_->ready(scan) && !load.lacking) {
        load.lacking = true;
        load.parts.clear();
        if (load.unknown.empty()) open_.clear();
    }
    Load::Part* const part = part_for(load, slot, frame.payload.size());
    if (part == nullptr) return;
    std::span<const std::uint8_t> record = frame.payload;
    std::string_view device;
    if (enrichment_ != nullptr) {
        device = enrichment_->complete(scan);
        scratch_.resize(encoded_size(scan));
        encode(scan, scratch_.data());
        record = scratch_;
    }
    const bool counts = part->policy.count_bots || (scan.flags & kBot) == 0;
    part->batch.count(scan, device, counts);
    part->batch.add(scan, record, segment.mark(frame.seq), options_.records_per_entry);
    part->own += segment.own;
    part->bytes += kFrameHead + frame.payload.size();
}

void LaneReader::advance() {
    for (auto passed = position_.segment; passed != reading_.segment; ++passed) {
        if (passed->unmapped || passed->file->path().empty()) continue;
        passed->unmapped = true;
        keeper_.unmap(passed->file);
    }
    position_ = reading_;
}

void LaneReader::confirm(const Load::Part& part) {
    slots_[part.slot].mark = part.batch.upto();
    tallies_.shipped.add(part.batch.records());
    tallies_.waiting.subtract(part.batch.records());
    tallies_.waiting_bytes.subtract(part.bytes);
    tallies_.waiting_own.subtract(part.own);
    tallies_.recorded_own.add(part.own);
}

void LaneReader::refuse(Slot slot) {
    if (!slots_[slot].behind) tallies_.behind.add();
    slots_[slot].behind = true;
}

}  // namespace redirector::scan
