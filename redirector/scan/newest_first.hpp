// The actions of an account in the order of a list: newest first, merged from its 16 partitions.
// Shape:   pure logic. The caller fetches what wanted() names (XREVRANGE key <from> - COUNT n),
//          gives it back through fetched(), and takes positions with next() until the page is
//          full. Order: stream ms descending, bucket ascending, stream sequence and index
//          descending: total, so that the id of the last action shown is all a next page needs to
//          know.
// Errors:  none; a page token is an action id, which parse_action_id() checks.
// Threads: one thread.
#pragma once

#include "redirector/scan/partition.hpp"
#include "redirector/scan/stream.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace redirector::scan {

// One entry as fetched: its id and how many records it holds.
struct FetchedEntry {
    StreamId id;
    unsigned records = 0;  // 1 .. kMaxRecordsPerEntry
};

class NewestFirst {
  public:
    // All actions, or those behind `after`, the last one of the page before.
    explicit NewestFirst(std::optional<Position> after = std::nullopt);

    // What must be fetched before next() can go on.
    struct Fetch {
        unsigned bucket = 0;
        std::string
            from;  // XREVRANGE's end argument: "+", "<ms>-<seq>", or "(<ms>-<seq>" exclusive
    };
    std::vector<Fetch> wanted() const;

    // The answer to a Fetch: entries newest first. `last`: the stream holds none behind them (fewer
    // than asked for came).
    void fetched(unsigned bucket, std::span<const FetchedEntry> entries, bool last);

    // The next action, or nullopt: at the end, or when wanted() names something.
    std::optional<Position> next();

  private:
    struct Source {
        std::vector<FetchedEntry> entries;
        std::size_t at = 0;      // entry
        unsigned left = 0;       // records of that entry not yet given out
        std::string from = "+";  // where the next fetch begins
        bool last = false;
    };
    void settle(unsigned bucket);

    std::optional<Position> after_;
    std::array<Source, kBuckets> sources_;
};

}  // namespace redirector::scan
