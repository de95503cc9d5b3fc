#include "redirector/scan/partition_merge.hpp"

#include <limits>

namespace redirector::scan {
namespace {

constexpr std::uint64_t kTop = std::numeric_limits<std::uint64_t>::max();

std::strong_ordering newest_first(const Position& a, const Position& b) {
    if (const auto ms = b.entry.ms <=> a.entry.ms; ms != 0) return ms;
    if (const auto bucket = a.bucket <=> b.bucket; bucket != 0) return bucket;
    if (const auto seq = b.entry.seq <=> a.entry.seq; seq != 0) return seq;
    return b.index <=> a.index;
}

}  // namespace

std::strong_ordering PartitionMerge::compare(const Position& a, const Position& b) const {
    return order_ == Order::newest_first ? newest_first(a, b) : newest_first(b, a);
}

PartitionMerge::PartitionMerge(Order order, std::optional<Position> after)
    : order_(order), after_(after) {
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket)
        sources_[bucket].from = start(bucket);
}

// The first stream id that a bucket may still hold behind after_.
PartitionMerge::From PartitionMerge::start(unsigned bucket) const {
    const bool newest = order_ == Order::newest_first;
    if (!after_) return {newest ? StreamId{kTop, kTop} : StreamId{}, false};
    if (bucket == after_->bucket) return {after_->entry, false};
    const std::uint64_t ms = after_->entry.ms;
    // Of that millisecond everything comes later, or nothing does.
    const bool later = newest == (bucket > after_->bucket);
    return {{ms, later == newest ? kTop : 0}, !later};
}

std::vector<PartitionMerge::Fetch> PartitionMerge::wanted() const {
    std::vector<Fetch> fetches;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
        const Source& source = sources_[bucket];
        if (source.at == source.entries.size() && !source.last)
            fetches.push_back({bucket, source.from});
    }
    return fetches;
}

void PartitionMerge::fetched(unsigned bucket, std::span<const FetchedEntry> entries, bool last) {
    Source& source = sources_[bucket];
    source.entries.assign(entries.begin(), entries.end());
    source.at = 0;
    source.last = last || entries.empty();
    if (!entries.empty()) source.from = {entries.back().id, true};
    source.left = entries.empty() ? 0 : entries.front().records;
    settle(bucket);
}

// The record that is given out next.
Position PartitionMerge::here(unsigned bucket) const {
    const Source& source = sources_[bucket];
    const FetchedEntry& entry = source.entries[source.at];
    const bool newest = order_ == Order::newest_first;
    return {bucket, entry.id, newest ? source.left - 1 : entry.records - source.left};
}

// Moves to the next record that has not been shown.
void PartitionMerge::settle(unsigned bucket) {
    Source& source = sources_[bucket];
    while (source.at < source.entries.size()) {
        while (source.left > 0 && after_ && compare(here(bucket), *after_) <= 0)
            --source.left;
        if (source.left > 0) return;
        if (++source.at < source.entries.size()) source.left = source.entries[source.at].records;
    }
}

std::optional<Position> PartitionMerge::next() {
    if (!wanted().empty()) return std::nullopt;
    std::optional<Position> first;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
        const Source& source = sources_[bucket];
        if (source.at == source.entries.size()) continue;
        const Position position = here(bucket);
        if (!first || compare(position, *first) < 0) first = position;
    }
    if (!first) return std::nullopt;
    --sources_[first->bucket].left;
    settle(first->bucket);
    return first;
}

}  // namespace redirector::scan
