// LaneReader's second half: what follows from the marks that Redis holds.
#include "redirector/scan/lane_reader.hpp"

#include <algorithm>
#include <utility>

namespace redirector::scan {

std::vector<LaneReader::Slot> LaneReader::all_slots() const {
    std::vector<Slot> slots;
    slots.reserve(by_key_.size());
    for (const auto& [key, slot] : by_key_)
        slots.push_back(slot);
    return slots;
}

void LaneReader::found_mark(Slot slot, Mark mark) {
    PartitionState& state = slots_[slot];
    state.found = mark;
    state.fresh = true;
}

void LaneReader::settle_marks() {
    for (auto segment = segments_.begin(); segment != segments_.end(); ++segment) {
        recount(*segment);
        if (segment == frontier_.segment) break;
    }
    for (PartitionState& state : slots_) {
        if (!std::exchange(state.fresh, false)) continue;
        if (std::exchange(state.behind, false)) tallies_.behind.subtract();
        state.mark = state.found;
        state.known = true;
    }
}

// Counts anew those records of the segment that Redis has lost, or has although its answer was
// lost.
void LaneReader::recount(Segment& segment) {
    const Mark first = segment.mark(segment.file->header().first_seq);
    const bool touched =
        std::any_of(segment.last.begin(), segment.last.end(), [&](const auto& entry) {
            const PartitionState& state = slots_[entry.first];
            const auto [low, high] = std::minmax(state.mark, state.found);
            return state.fresh && low != high && first <= high && segment.mark(entry.second) > low;
        });
    if (!touched) return;
    const auto view = bytes(segment);
    if (!view) return;
    Frames frames(*view);
    for (;;) {
        if (&segment == &*frontier_.segment && frames.offset() >= frontier_.offset) return;
        const auto frame = frames.next();
        if (!frame) return;
        const auto scan = decode(frame->payload);
        if (!scan) continue;
        const PartitionState& state = slots_[slot_of(*scan)];
        if (!state.fresh) continue;
        const Mark mark = segment.mark(frame->seq);
        const bool had = mark <= state.mark;
        const bool has = mark <= state.found;
        if (had != has) count(segment, kFrameHead + frame->payload.size(), !has);
    }
}

// One record more, or one fewer, waits for Redis.
void LaneReader::count(const Segment& segment, std::uint64_t frame_bytes, bool waiting) {
    if (waiting) {
        tallies_.reshipped.add();
        tallies_.waiting.add();
        tallies_.waiting_bytes.add(frame_bytes);
        tallies_.waiting_own.add(segment.own);
        tallies_.recorded_own.subtract(segment.own);
        return;
    }
    tallies_.waiting.subtract();
    tallies_.waiting_bytes.subtract(frame_bytes);
    if (!segment.own) {
        tallies_.recovered.subtract();  // an earlier process had brought it
        return;
    }
    tallies_.waiting_own.subtract();
    tallies_.recorded_own.add();
    tallies_.shipped.add();
}

bool LaneReader::lacks(const Segment& segment) const {
    return std::any_of(segment.last.begin(), segment.last.end(), [&](const auto& entry) {
        return segment.mark(entry.second) > slots_[entry.first].mark;
    });
}

void LaneReader::rewind() {
    for (auto segment = segments_.begin(); segment != segments_.end(); ++segment) {
        if (segment == frontier_.segment) break;
        if (lacks(*segment)) {
            position_ = start_of(segment);
            return;
        }
    }
    // The frontier's own segment is read from its start where it lacks something seen before.
    position_ = frontier_;
    if (frontier_.segment != segments_.end() && lacks(*frontier_.segment))
        position_ = start_of(frontier_.segment);
}

LaneReader::Retirable LaneReader::retirable(std::uint64_t now_ms, bool pressed) const {
    const auto keep = static_cast<std::uint64_t>(options_.keep.count());
    for (auto segment = segments_.begin(); segment != position_.segment; ++segment) {
        if (segment == frontier_.segment) break;
        const std::uint64_t age = now_ms - std::min(now_ms, segment->sealed_ms);
        const bool in_memory = segment->file->path().empty();
        const bool early = !in_memory && age < keep;
        if ((early && !pressed) || lacks(*segment)) continue;
        Retirable found{segment->file, {}, early};
        for (const auto& [slot, last] : segment->last)
            found.slots.push_back(slot);
        return found;
    }
    return {};
}

bool LaneReader::confirmed(const SegmentFile* file) const {
    return std::any_of(segments_.begin(), segments_.end(), [&](const Segment& segment) {
        return segment.file == file && !lacks(segment);
    });
}

void LaneReader::remove(const Retirable& retired) {
    const auto segment = std::find_if(segments_.begin(), segments_.end(),
                                      [&](const Segment& s) { return s.file == retired.file; });
    for (const auto& [slot, last] : segment->last)
        release(slot);
    if (read_ == &*segment) read_ = nullptr;
    segments_.erase(segment);
    if (retired.early) tallies_.cut_short.add();
    keeper_.remove(retired.file);
}

}  // namespace redirector::scan
