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

#include "redirector/scan/record.hpp"
#include "redirector/scan/stream.hpp"

#include <boost/container/static_vector.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::scan {

std::string index_member(StreamId id);  // sequences below 2^32
std::optional<StreamId> parse_index_member(std::string_view member);

// The ends of ranges of members (ZRANGEBYLEX): everything of entries up to `id`, or before it; from
// `id` on, or behind it. The same for both kinds of zset.
std::string members_up_to(StreamId id);
std::string members_before(StreamId id);
std::string members_from(StreamId id);
std::string members_behind(StreamId id);

// An entry of e:{acct:b}.
struct Remains {
    StreamId id;
    std::string_view value;
};
std::optional<Remains> parse_remains(std::string_view member);

// The indexes of a redirect's action: its thng (or product, collection, place), the thng's product,
// the user, the project within whose scope it is. Those of an action that a client made are named by
// api/action_index.hpp, in the same form.
// Views into the scan.
struct IndexName {
    std::string_view field;  // "thng="
    std::string_view value;
};
using IndexNames = boost::container::static_vector<IndexName, 4>;
IndexNames indexes_of(const Scan& scan);

// Lua: add_entries(at, count) adds to the stream KEYS[1] what ARGV holds from `at` on: for each entry
// its value, the number of its indexes, and the place of each of these among KEYS, from 1. Answers
// the entries' ids. An index that is no zset is passed over: the action counts.
inline constexpr std::string_view kAddEntries =
    R"(local function add_entries(at, count)
  local ids = {}
  for e = 1, count do
    local id = redis.call('XADD', KEYS[1], '*', 'r', ARGV[at])
    local ms, seq = string.match(id, '^(%d+)-(%d+)$')
    local member = string.format('%012x%08x', tonumber(ms), tonumber(seq))
    local last = at + 1 + tonumber(ARGV[at + 1])
    for i = at + 2, last do redis.pcall('ZADD', KEYS[tonumber(ARGV[i])], 0, member) end
    ids[e] = id
    at = last + 1
  end
  return ids
end
)";

// Texts known when this is compiled, one behind the other.
template <const std::string_view&... kParts>
struct Joined {
    static constexpr auto kText = [] {
        std::array<char, (kParts.size() + ...)> text{};
        auto at = text.begin();
        ((at = std::copy(kParts.begin(), kParts.end(), at)), ...);
        return text;
    }();
    static constexpr std::string_view kView{kText.data(), kText.size()};
};

// Adds entries to a stream, and to indexes, all in one step. KEYS: the stream, then the indexes, all
// of one partition. ARGV: the number of entries, then these as add_entries() has them. Answers the
// entries' ids.
extern const std::string_view kAddScript;

// Takes a record out of an entry. KEYS: the stream, e:{acct:b}, then the indexes that the entry
// leaves. ARGV: the entry's id, its index member, its value as it was read, what is left of that
// (empty: nothing). Answers 1, or 0 when the value is another by now: then nothing was changed.
extern const std::string_view kRemoveScript;

}  // namespace redirector::scan
