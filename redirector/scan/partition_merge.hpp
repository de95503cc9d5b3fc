// The actions of an account in the order of a list: merged from its 16 partitions, newest or oldest
// first.
// Shape:   pure logic. The caller fetches what wanted() names, gives it back through fetched(), and
//          takes positions with next() until the page is full. Newest first is: stream ms
//          descending, bucket ascending, stream sequence and index descending; oldest first is the
//          exact reverse. Either is total, so that the id of the last action shown is all a next
//          page needs to know.
// Errors:  none; a page token is an action id, which parse_action_id() checks.
// Threads: one thread.
#pragma once

#include "redirector/scan/partition.hpp"
#include "redirector/scan/stream.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace redirector::scan {

enum class Order : std::uint8_t { newest_first, oldest_first };

// One entry as fetched: its id and how many records it holds.
struct FetchedEntry {
    StreamId id;
    unsigned records = 0;  // 1 .. kMaxRecordsPerEntry
};

class PartitionMerge {
  public:
    // All actions, or those behind `after`, the last one of the page before.
    explicit PartitionMerge(Order order = Order::newest_first,
                            std::optional<Position> after = std::nullopt);

    // Where the entries begin that must be fetched before next() can go on.
    struct From {
        StreamId id;
        bool behind = false;  // the entry `id` itself is not wanted again
    };
    struct Fetch {
        unsigned bucket = 0;
        From from;
    };
    std::vector<Fetch> wanted() const;

    // The answer to a Fetch: entries in the list's order. `last`: there are none behind them (fewer
    // than asked for came).
    void fetched(unsigned bucket, std::span<const FetchedEntry> entries, bool last);

    // The next action, or nullopt: at the end, or when wanted() names something.
    std::optional<Position> next();

  private:
    struct Source {
        std::vector<FetchedEntry> entries;
        std::size_t at = 0;  // entry
        unsigned left = 0;   // records of that entry not yet given out
        From from;           // where the next fetch begins
        bool last = false;
    };
    Position here(unsigned bucket) const;
    From start(unsigned bucket) const;
    void settle(unsigned bucket);
    std::strong_ordering compare(const Position& a, const Position& b) const;

    Order order_;
    std::optional<Position> after_;
    std::array<Source, kBuckets> sources_;
};

}  // namespace redirector::scan
