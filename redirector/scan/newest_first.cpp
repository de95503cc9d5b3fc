#include "redirector/scan/newest_first.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace redirector::scan {
namespace {

constexpr std::uint64_t kTop = std::numeric_limits<std::uint64_t>::max();

// Whether an entry of `bucket` with its `index` comes before `after` in the list, or is it.
bool shown(unsigned bucket, StreamId id, unsigned index, const Position& after) {
    if (id.ms != after.entry.ms) return id.ms > after.entry.ms;
    if (bucket != after.bucket) return bucket < after.bucket;
    if (id.seq != after.entry.seq) return id.seq > after.entry.seq;
    return index >= after.index;
}

// The highest stream id that a bucket may still hold behind `after`.
std::string start(unsigned bucket, const Position& after) {
    if (bucket == after.bucket) return to_string(after.entry);
    if (bucket > after.bucket) return to_string({after.entry.ms, kTop});
    return "(" + to_string({after.entry.ms, 0});
}

}  // namespace

NewestFirst::NewestFirst(std::optional<Position> after) : after_(after) {
    if (!after_) return;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket)
        sources_[bucket].from = start(bucket, *after_);
}

std::vector<NewestFirst::Fetch> NewestFirst::wanted() const {
    std::vector<Fetch> fetches;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
        const Source& source = sources_[bucket];
        if (source.at == source.entries.size() && !source.last)
            fetches.push_back({bucket, source.from});
    }
    return fetches;
}

void NewestFirst::fetched(unsigned bucket, std::span<const FetchedEntry> entries, bool last) {
    Source& source = sources_[bucket];
    source.entries.assign(entries.begin(), entries.end());
    source.at = 0;
    source.last = last || entries.empty();
    if (!entries.empty()) source.from = "(" + to_string(entries.back().id);
    source.left = entries.empty() ? 0 : entries.front().records;
    settle(bucket);
}

// Moves to the next record that has not been shown.
void NewestFirst::settle(unsigned bucket) {
    Source& source = sources_[bucket];
    while (source.at < source.entries.size()) {
        const StreamId id = source.entries[source.at].id;
        while (source.left > 0 && after_ && shown(bucket, id, source.left - 1, *after_))
            --source.left;
        if (source.left > 0) return;
        if (++source.at < source.entries.size()) source.left = source.entries[source.at].records;
    }
}

std::optional<Position> NewestFirst::next() {
    if (!wanted().empty()) return std::nullopt;
    unsigned best = kBuckets;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
        const Source& source = sources_[bucket];
        if (source.at == source.entries.size()) continue;
        // Ascending buckets: on a tie of milliseconds the first one stays.
        if (best == kBuckets ||
            source.entries[source.at].id.ms > sources_[best].entries[sources_[best].at].id.ms)
            best = bucket;
    }
    if (best == kBuckets) return std::nullopt;
    Source& source = sources_[best];
    const Position found{best, source.entries[source.at].id, --source.left};
    settle(best);
    return found;
}

}  // namespace redirector::scan
