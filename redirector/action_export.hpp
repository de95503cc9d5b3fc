// Actions of an account out of Redis, oldest first, from wherever a reader stopped: what `redirector
// actions export` and `tail` write.
// Shape:   a place is the last entry read of each of the 16 partitions. At most kEntriesAtOnce
//          entries of each partition are in memory. Between partitions the order is that of the
//          entries' times; an entry that arrives late in one partition comes late.
// Errors:  failed() once Redis does not answer or refuses; nothing is skipped.
// Threads: on the I/O thread of the client.
// Source:  README.md of scan/, "Reading the streams"; scan/index.hpp for entries with removed
//          actions.
#pragma once

#include "redirector/async.hpp"
#include "redirector/scan/partition.hpp"
#include "redirector/scan/stream.hpp"
#include "redirector/store/redis_client.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace redirector {

// Where to go on. As text: a line with the account, one with the bytes written, one for each
// partition, such as "1700000000000-3".
struct ExportPlace {
    std::string account;
    std::uint64_t bytes = 0;  // of the output, up to this place
    std::array<scan::StreamId, scan::kBuckets> last{};
    friend bool operator==(const ExportPlace&, const ExportPlace&) = default;
};
std::string to_text(const ExportPlace& place);
std::optional<ExportPlace> parse_export_place(std::string_view text);

// The last entry to be read of each partition.
using ExportEnds = std::array<scan::StreamId, scan::kBuckets>;

class ActionExport {
  public:
    static constexpr std::size_t kEntriesAtOnce = 200;

    // Without `ends`: all that is there.
    ActionExport(store::RedisClient& redis,
                 ExportPlace from,
                 std::optional<ExportEnds> ends = std::nullopt)
        : redis_(redis), place_(std::move(from)), ends_(ends) {}

    struct Entry {
        unsigned bucket = 0;
        scan::StreamId id;
        std::string value;  // records, as scan::unpack() reads them
    };
    // The oldest entry not given yet; nullopt: none is there now, or failed().
    Awaitable<std::optional<Entry>> next();

    // Behind the last entry that next() gave.
    const ExportPlace& place() const { return place_; }
    ExportPlace& place() { return place_; }

    // Entries behind the place, as Redis counts them now; nullopt: it does not answer.
    Awaitable<std::optional<std::uint64_t>> count();
    // Moves the place behind everything that is there now.
    Awaitable<bool> skip_to_end();

    bool failed() const { return failed_; }

  private:
    Awaitable<void> fetch();
    void take(unsigned bucket, const store::RedisReply& entries, const store::RedisReply& remains);

    store::RedisClient& redis_;
    ExportPlace place_;
    std::optional<ExportEnds> ends_;
    std::array<std::deque<Entry>, scan::kBuckets> entries_;
    std::array<bool, scan::kBuckets> dry_{};  // since the last time that nothing was there
    bool failed_ = false;
};

}  // namespace redirector
