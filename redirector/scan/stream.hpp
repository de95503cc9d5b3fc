// Reading scans back from a partition's stream: entries into records, action ids into positions.
// Shape:   an entry has one field `r`; its value is `varint length | record` for each record, 1
//          to kMaxRecordsPerEntry of them, oldest first. An action id is 24 characters of
//          kIdAlphabet: `U`, then 23 digits in base 50, most significant first, of ms (48 bits) |
//          bucket (4) | stream sequence (64) | index (10).
// Example: bucket 3, entry 1700000000000-2, record 5: Uabd3W30TshMNcUVVQey0HMf.
// Errors:  nullopt for ids and entries that were not made here.
// Threads: pure functions; views point into the caller's bytes.
#pragma once

#include "redirector/scan/record.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::scan {

inline constexpr std::string_view kIdAlphabet =
    "abcdefghkmnpqrstwxyABCDEFGHKMNPQRSTUVWXY0123456789";
inline constexpr std::size_t kIdLength = 24;
inline constexpr std::size_t kMaxRecordsPerEntry = 1024;
inline constexpr std::string_view kEntryField = "r";

// A Redis stream id.
struct StreamId {
    std::uint64_t ms = 0;
    std::uint64_t seq = 0;
    friend auto operator<=>(const StreamId&, const StreamId&) = default;
};

std::string to_string(StreamId id);                              // "1700000000000-3"
std::optional<StreamId> parse_stream_id(std::string_view text);  // exactly "<ms>-<seq>"

// Where one action is: account and bucket name the stream, the id its entry, the index the record.
struct Position {
    unsigned bucket = 0;  // 0 .. kBuckets - 1
    StreamId entry;       // ms below 2^48
    unsigned index = 0;   // 0 .. kMaxRecordsPerEntry - 1
    friend bool operator==(const Position&, const Position&) = default;
};

// The id under which the API shows the action; parse_action_id() inverts it.
std::string action_id(const Position& position);
std::optional<Position> parse_action_id(std::string_view text);

// Appends one record to an entry's value.
void pack(std::string& entry, std::span<const std::uint8_t> record);

// The records of an entry's value, or nullopt when it is cut or holds too many.
std::optional<std::vector<std::span<const std::uint8_t>>> unpack(std::string_view entry);

}  // namespace redirector::scan
