// What one script call brings to a partition: packed entries, hits by short id, the statistics of
// these hits, and the new mark.
// Shape:   KEYS and ARGV of the script:
//          KEYS  s:{...} h:{...} m:{...} and k:{...} of each day (statistics.hpp), then f:{...} of each
//                index (index.hpp)
//          ARGV  field of the mark | expected mark | new mark | n | kMaxNames | n x (short id, hits)
//                | number of days | for each: expiry in seconds, m, m x (short id, counts)
//                | number of entries | these as add_entries() has them
//          Hits of a short id that are "-" stay so: its redirection was removed.
//          The script writes only if the mark is the expected one, and answers "+"; else it
//          answers the mark it found. It reads everything that may fail before it writes the
//          first thing, and writes hits as absolute values, so that neither an error nor an
//          append-only file that is replayed twice leaves half a batch.
// Units:   a mark is "<epoch>-<seq>" of the last record taken; "" is below every mark.
// Threads: one thread.
#pragma once

#include "redirector/scan/growths.hpp"
#include "redirector/scan/partition.hpp"
#include "redirector/scan/sink.hpp"
#include "redirector/scan/text_hash.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::scan {

struct Mark {
    std::uint64_t epoch = 0;
    std::uint64_t seq = 0;
    friend auto operator<=>(const Mark&, const Mark&) = default;
};

std::string to_text(Mark mark);                         // Mark{} is ""
std::optional<Mark> parse_mark(std::string_view text);  // "" is Mark{}

extern const std::string_view kShipScript;
extern const std::string_view kShipScriptSha1;  // in hex, as SCRIPT LOAD answers
inline constexpr std::string_view kShipped = "+";

// KEYS n:{node}; ARGV epoch, incarnation. Answers the epoch under which the incarnation may write:
// its own, or one above the highest that the node has ever claimed.
extern const std::string_view kClaimScript;

class Batch {
  public:
    // `field`: "<node>.<lane>". `statistics_days`: how long they are kept; 0: there are none.
    Batch(const Partition& partition,
          std::string_view field,
          Mark expected,
          unsigned statistics_days = 0);

    // Adds a scan's record; marks rise. A new stream entry begins every `per_entry` records.
    void add(const Scan& scan,
             std::span<const std::uint8_t> record,
             Mark mark,
             std::size_t per_entry);
    // The record's scan, as it is counted; once for each. `hit`: not a bot that does not count.
    void count(const Scan& scan, std::string_view device = {}, bool hit = true);

    std::size_t records() const noexcept { return records_; }
    std::size_t bytes() const noexcept { return bytes_; }
    Mark upto() const noexcept { return upto_; }

    // EVALSHA, or EVAL with the script's text. Views into this batch.
    Command command(bool with_text);

  private:
    Partition partition_;
    unsigned statistics_days_;
    std::string keys_[3];
    std::string field_;
    std::string expected_;
    std::string upto_text_;
    Mark upto_;
    // The short ids' numbers, and by these their hits.
    boost::unordered_flat_map<std::string, std::size_t, TextHash, std::equal_to<>> ids_;
    std::vector<std::uint32_t> hits_;
    Growths growths_;
    std::vector<std::string> statistics_keys_;
    std::deque<std::string> words_;  // of the command: numbers, counts
    std::string scratch_;
    struct Entry {
        std::string value;
        std::vector<std::size_t> indexes;  // their places among indexes_
    };
    std::vector<Entry> entries_;
    boost::unordered_flat_map<std::string, std::size_t, TextHash, std::equal_to<>> indexes_;
    std::size_t in_last_ = 0;  // records in the last entry
    std::size_t records_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace redirector::scan
