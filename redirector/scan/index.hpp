// Indexes of a partition's actions: which entries of the stream have one of a thng, a type, a user.
// Shape:   the zset f:{acct:b}:<field>=<value> has one member for each entry, however many of its
//          records are meant: `<ms, 12 hex digits><sequence, 8 hex digits>` of the entry's id, all
//          with score 0, so that their order as text is that of the stream. Which record of the entry
//          is meant is seen by looking at them. A member whose entry is gone leads nowhere.
//          An entry some of whose actions were removed is no longer in the stream. What is left of
//          it is a member of the zset e:{acct:b}: the entry's index member, then its value, in which
//          a removed record has no bytes.
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

// The ends of ranges of members (ZRANGEBYLEX): everything of entries up to `id`, or before it; from
// `id` on. The same for both kinds of zset.
std::string members_up_to(StreamId id);
std::string members_before(StreamId id);
std::string members_from(StreamId id);

// An entry of e:{acct:b}.
struct Remains {
    StreamId id;
    std::string_view value;
};
std::optional<Remains> parse_remains(std::string_view member);

// Adds entries to a stream, and to indexes, all in one step. KEYS: the stream, then the indexes, all
// of one partition. ARGV: the number of entries; for each its value, the number of its indexes, and
// the place of each of these among KEYS, from 1. Answers the entries' ids. An index that is no zset
// is passed over: the action counts.
extern const std::string_view kAddScript;

// Takes a record out of an entry. KEYS: the stream, e:{acct:b}, then the indexes that the entry
// leaves. ARGV: the entry's id, its index member, its value as it was read, what is left of that
// (empty: nothing). Answers 1, or 0 when the value is another by now: then nothing was changed.
extern const std::string_view kRemoveScript;

}  // namespace redirector::scan
