// The shipper's view of one lane: which records there are, which Redis has, what to send next.
// Shape:   segments in order of their records, those of earlier processes first. Two places move
//          along them: the frontier, up to which every record was seen and counted, and the
//          position, from which records are sent; position <= frontier. For each segment it is
//          known which partitions have records in it and the last one's number, so that "Redis
//          has all of this segment" is a comparison of marks.
// Errors:  a segment that cannot be read counts as missing records and is passed over.
// Threads: the shipper's.
#pragma once

#include "redirector/scan/batch.hpp"
#include "redirector/scan/enrichment.hpp"
#include "redirector/scan/keeper.hpp"
#include "redirector/scan/lane.hpp"
#include "redirector/scan/partition.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/scan/segment_file.hpp"
#include "redirector/scan/shipper.hpp"
#include "redirector/scan/tallies.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redirector::scan {

class LaneReader {
  public:
    using Slot = std::uint32_t;  // a partition's number in this lane

    // What one pass sends: batches in the order in which they must reach Redis.
    struct Load {
        struct Part {
            Batch batch;
            Slot slot;
            Policy policy;
            std::uint64_t own = 0;    // records that this process appended
            std::uint64_t bytes = 0;  // of frames in the spool
        };
        std::deque<Part> parts;
        // Partitions whose mark, or account's policy, must be learnt first; no parts then.
        std::vector<Slot> unknown;
        bool lacking = false;  // something about scans must be learnt first; no parts then
        bool incomplete() const { return lacking || !unknown.empty(); }
    };

    // `field`: "<node>.<lane>". All references must outlive the reader.
    LaneReader(std::string field,
               const ShipperOptions& options,
               Keeper& keeper,
               ShipperTallies& tallies,
               Enrichment* enrichment);

    // ---- segments
    void add_left(SegmentFile* segment);
    // From now on, what this process appends to `lane`.
    void follow(const Lane& lane) noexcept { lane_ = &lane; }
    // Reads the next left segment for the first time; false when there is none. Where it cannot be
    // read, trouble() says so and the next call tries again.
    bool survey_left();
    // Why the segment whose turn it is cannot be read; empty: it can. Nothing behind it is shipped
    // before it, since marks only ever rise.
    const std::string& trouble() const noexcept { return trouble_; }
    // The lowest epoch that has not been claimed, if any.
    Epoch unclaimed() const;
    // Records of `epoch` go to Redis under `as`, in segments found later too.
    void claim(std::uint64_t epoch, std::uint64_t as);

    // ---- shipping
    // The records behind the position, at most `window_records` and 4 MiB, without those that Redis
    // has or refuses. Several batches of one partition follow each other's marks.
    Load collect();
    // Every part of the load has been answered: the position moves behind it.
    void advance();
    // Redis took it.
    void confirm(const Load::Part& part);
    // Redis refused it: the partition is left out until marks are read again.
    void refuse(Slot slot);
    bool at_end() const noexcept { return at_end_; }  // the last load reached the last record

    // ---- marks
    std::vector<Slot> all_slots() const;
    const Partition& partition(Slot slot) const { return slots_[slot].partition; }
    const std::string& field() const noexcept { return field_; }
    bool knows_mark(Slot slot) const noexcept { return slots_[slot].known; }
    // What Redis holds; takes effect with settle_marks().
    void found_mark(Slot slot, Mark mark);
    // Corrects the counts by the marks found.
    void settle_marks();
    // Moves the position to the first segment of which Redis lacks something.
    void rewind();

    // ---- the end of segments
    // The oldest segment that is read, confirmed and either as old as `keep` or, under pressure,
    // any; nullopt: none. Its partitions' marks should be read once more before it is removed.
    struct Retirable {
        SegmentFile* file = nullptr;
        std::vector<Slot> slots;
        bool early = false;
    };
    Retirable retirable(std::uint64_t now_ms, bool pressed) const;
    bool confirmed(const SegmentFile* file) const;
    void remove(const Retirable& segment);

  private:
    struct Segment {
        SegmentFile* file;
        bool own;
        bool unmapped;
        std::uint64_t sealed_ms = 0;                               // 0: still growing
        std::uint64_t epoch = 0;                                   // claimed; 0: not yet
        boost::unordered_flat_map<Slot, std::uint64_t> last = {};  // partition -> its last record
        Mark mark(std::uint64_t seq) const { return {epoch, seq}; }
    };
    using Segments = std::list<Segment>;
    struct Place {
        Segments::iterator segment;  // end(): behind everything
        std::uint64_t offset = 0;
        std::uint64_t seq = 0;  // of the record there
    };
    struct PartitionState {
        Partition partition;
        Mark mark;                   // what Redis holds, as far as we know
        Mark found;                  // what it said last
        bool known = false;          // since the partition came up
        bool fresh = false;          // `found` waits for settle_marks()
        bool behind = false;         // refused
        std::uint32_t segments = 0;  // that hold records of it; 0: the slot is free
    };

    void discover();
    void append(SegmentFile* file, bool own, std::uint64_t sealed_ms);
    Place start_of(Segments::iterator segment);
    bool to_next(Place& place);
    std::optional<std::span<const std::uint8_t>> bytes(Segment& segment);
    void read_on(Load& load, std::size_t& records, std::size_t& bytes);
    void see(const Frame& frame, Slot slot);
    void count(const Segment& segment, std::uint64_t frame_bytes, bool waiting);
    void take(Load& load, const Segment& segment, const Frame& frame, Scan& scan, Slot slot);
    Load::Part* part_for(Load& load, Slot slot, std::size_t record_bytes);
    Slot slot_of(const Scan& scan);
    void release(Slot slot);
    bool lacks(const Segment& segment) const;
    void recount(Segment& segment);

    const std::string field_;
    const ShipperOptions& options_;
    Keeper& keeper_;
    ShipperTallies& tallies_;
    Enrichment* const enrichment_;
    const Lane* lane_ = nullptr;

    Segments segments_;
    Place position_;
    Place frontier_;
    Place reading_;                  // collect()'s, from position_ on
    SegmentFile* newest_ = nullptr;  // of this process
    bool at_end_ = false;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> claims_;  // epoch -> as

    std::vector<PartitionState> slots_;
    std::vector<Slot> free_;
    boost::unordered_flat_map<std::string, Slot, TextHash, std::equal_to<>> by_key_;
    boost::unordered_flat_map<Slot, std::size_t> open_;  // partition -> its last part of the load
    std::string key_;                                    // scratch
    std::vector<std::uint8_t> scratch_;                  // an enriched record

    std::string trouble_;
    const Segment* read_ = nullptr;  // whose bytes are in `read_bytes_`
    std::vector<std::uint8_t> read_bytes_;
};

}  // namespace redirector::scan
