// How far the actions of an account were delivered.
// Shape:   per partition the last entry of which something was delivered, and how many of its
//          records were. As text: 16 words, such as "1700000000000-3" (all of it) or
//          "1700000000000-3+57" (its first 57 records).
// Errors:  nullopt for text that was not made here.
// Threads: pure.
#pragma once

#include "redirector/scan/partition.hpp"
#include "redirector/scan/stream.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redirector::webhooks {

inline constexpr unsigned kWhole = scan::kMaxRecordsPerEntry;

struct CursorPlace {
    scan::StreamId entry;
    unsigned records = kWhole;  // 1 to kWhole - 1, or all
    friend bool operator==(const CursorPlace&, const CursorPlace&) = default;
};
using Cursor = std::array<CursorPlace, scan::kBuckets>;

// Before everything that is taken in from that time on.
Cursor cursor_at(std::uint64_t ms);

std::string to_text(const Cursor& cursor);
std::optional<Cursor> parse_cursor(std::string_view text);

// The entry behind which reading goes on, so that one delivered in part comes again.
scan::StreamId read_behind(const CursorPlace& place);

}  // namespace redirector::webhooks
