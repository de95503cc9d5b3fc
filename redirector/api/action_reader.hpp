// Actions of an account as a list: newest first, merged from all partitions, of the whole stream or
// of what an index names.
// Shape:   fetches as it goes: first a few entries of each partition, then more each time. What was
//          fetched of a partition is dropped with the next fetch from it.
// Errors:  failed() once the store does not answer.
// Threads: on the I/O thread of the call.
// Source:  scan/newest_first.hpp for the order; scan/index.hpp for what the keys hold.
#pragma once

#include "redirector/async.hpp"
#include "redirector/scan/newest_first.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/store/redis_client.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace redirector::api {

struct ActionRange {
    std::vector<std::string> indexes;  // their union is read; empty: the whole stream
    std::uint64_t first_ms = 0;        // bounds of createdAt, both included
    std::uint64_t last_ms = (1ULL << 48) - 1;
};

class ActionReader {
  public:
    // Behind `after`, the last action of the page before.
    ActionReader(store::RedisClient& redis,
                 std::string account,
                 ActionRange range,
                 std::optional<scan::Position> after)
        : redis_(redis), account_(std::move(account)), range_(std::move(range)), merge_(after) {}

    // The next action, or nullopt: at the end, or when failed(). An index names entries: of an entry
    // that has one action that is meant, all come.
    Awaitable<std::optional<scan::Position>> next();

    // The record at a position that next() gave last; nothing when it was removed. Views live until
    // the next call of next().
    std::optional<scan::Scan> scan_at(const scan::Position& position) const;

    bool failed() const { return failed_; }

  private:
    struct Entry {
        std::string value;
        std::vector<std::span<const std::uint8_t>> records;  // of `value`
    };
    // What a fetch found in one partition, by id.
    struct Fetched {
        std::map<scan::StreamId, std::string, std::greater<scan::StreamId>> values;
        bool last = true;  // nothing is behind them
    };
    using Fetches = std::vector<scan::NewestFirst::Fetch>;

    Awaitable<void> fetch();
    Awaitable<void> fetch_streams(const Fetches& wanted, std::vector<Fetched>& found);
    Awaitable<void> fetch_indexed(const Fetches& wanted, std::vector<Fetched>& found);
    Awaitable<void> fetch_entries(const Fetches& wanted, std::vector<Fetched>& found);
    Awaitable<std::vector<store::RedisReply>> ask(std::vector<store::Command> commands);
    void cut(Fetched& found) const;
    void keep(unsigned bucket, Fetched found);
    scan::Partition partition(unsigned bucket) const { return {account_, bucket}; }

    store::RedisClient& redis_;
    std::string account_;
    ActionRange range_;
    scan::NewestFirst merge_;
    std::array<std::map<scan::StreamId, Entry>, scan::kBuckets> entries_;
    std::size_t batch_ = 0;  // entries of each partition in the last fetch
    bool failed_ = false;
};

// The value of the entry at a position: as the stream has it, or what is left of it; empty when there
// is none. nullopt: store down.
Awaitable<std::optional<std::string>> read_entry(store::RedisClient& redis,
                                                 std::string account,
                                                 scan::Position position);

}  // namespace redirector::api
