// Actions of an account as a list: newest or oldest first, merged from all partitions, of the whole
// stream or of what an index names.
// Shape:   fetches as it goes: first a few entries of each partition, then more each time. What was
//          fetched of a partition is dropped with the next fetch from it.
// Errors:  failed() once the store does not answer.
// Threads: on the I/O thread of the call.
// Source:  scan/partition_merge.hpp for the order; scan/index.hpp for what the keys hold.
#pragma once

#include "redirector/async.hpp"
#include "redirector/scan/partition_merge.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/store/redis_client.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::api {

struct ActionRange {
    std::vector<std::string> indexes;  // their union is read; empty: the whole stream
    std::uint64_t first_ms = 0;        // bounds of createdAt, both included
    std::uint64_t last_ms = (1ULL << 48) - 1;
    scan::Order order = scan::Order::newest_first;
};

class ActionReader {
  public:
    // Behind `after`, the last action of the page before.
    ActionReader(store::RedisClient& redis,
                 std::string account,
                 ActionRange range,
                 std::optional<scan::Position> after)
        : redis_(redis),
          account_(std::move(account)),
          range_(std::move(range)),
          merge_(range_.order, after) {}

    // The next action, or nullopt: at the end, or when failed(). An index names entries: of an entry
    // that has one action that is meant, all come.
    Awaitable<std::optional<scan::Position>> next();

    // The record at a position that next() gave last; empty when it was removed. Views live until the
    // next call of next().
    std::span<const std::uint8_t> record_at(const scan::Position& position) const;
    std::optional<scan::Scan> scan_at(const scan::Position& position) const;

    bool failed() const { return failed_; }

  private:
    struct Entry {
        std::string value;
        std::vector<std::span<const std::uint8_t>> records;  // of `value`
    };
    struct Sooner {
        scan::Order order;
        bool operator()(const scan::StreamId& a, const scan::StreamId& b) const {
            return order == scan::Order::newest_first ? b < a : a < b;
        }
    };
    // What a fetch found in one partition, by id.
    struct Fetched {
        std::map<scan::StreamId, std::string, Sooner> values;
        bool last = true;  // nothing is behind them
    };
    using Fetches = std::vector<scan::PartitionMerge::Fetch>;
    using From = scan::PartitionMerge::From;

    Awaitable<void> fetch();
    Awaitable<void> fetch_streams(const Fetches& wanted, std::vector<Fetched>& found);
    Awaitable<void> fetch_indexed(const Fetches& wanted, std::vector<Fetched>& found);
    Awaitable<void> fetch_entries(const Fetches& wanted, std::vector<Fetched>& found);
    Awaitable<std::vector<store::RedisReply>> ask(std::vector<store::Command> commands);
    From bounded(From from) const;
    store::Command entries_of(const scan::Partition& here, const From& from) const;
    store::Command members_of(const std::string& key, const From& from) const;
    void cut(Fetched& found) const;
    void keep(unsigned bucket, Fetched found);
    scan::Partition partition(unsigned bucket) const { return {account_, bucket}; }

    store::RedisClient& redis_;
    std::string account_;
    ActionRange range_;
    scan::PartitionMerge merge_;
    std::array<std::map<scan::StreamId, Entry>, scan::kBuckets> entries_;
    std::size_t batch_ = 0;  // entries of each partition in the last fetch
    bool failed_ = false;
};

// A record of an entry's value, as a view of it; empty when there is none, or when it was removed.
std::span<const std::uint8_t> record_in(std::string_view value, unsigned index);

// The value of the entry at a position: as the stream has it, or what is left of it; empty when there
// is none. nullopt: store down.
Awaitable<std::optional<std::string>> read_entry(store::RedisClient& redis,
                                                 std::string account,
                                                 scan::Position position);

// The same of many, in one trip.
Awaitable<std::optional<std::vector<std::string>>> read_entries(
    store::RedisClient& redis, std::string account, std::vector<scan::Position> positions);

}  // namespace redirector::api
