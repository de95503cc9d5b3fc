// Indexes of a partition's actions: which entries of the stream have one of a thng, a type, a user.
// Shape:   the zset a:{acct:b}:<field>=<value> has one member for each entry, however many of its
//          records are meant: `<ms, 12 hex digits><sequence, 8 hex digits>` of the entry's id, all
//          with score 0, so that their order as text is that of the stream. Which record of the entry
//          is meant is seen by looking at them. A member whose entry is gone leads nowhere.
// Errors:  nullopt for what is no member.
// Threads: pure functions.
#pragma once

#include "redirector/scan/stream.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace redirector::scan {

std::string index_member(StreamId id);  // sequences below 2^32
std::optional<StreamId> parse_index_member(std::string_view member);

// Adds entries to a stream, and to indexes, all in one step. KEYS: the stream, then the indexes, all
// of one partition. ARGV: the number of entries; for each its value, the number of its indexes, and
// the place of each of these among KEYS, from 1. Answers the entries' ids. An index that is no zset
// is passed over: the action counts.
extern const std::string_view kAddScript;

}  // namespace redirector::scan
