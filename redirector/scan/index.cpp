#include "redirector/scan/index.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace redirector::scan {
namespace {

constexpr std::string_view kAddAll = "return add_entries(2, tonumber(ARGV[1]))";

constexpr std::size_t kMsDigits = 12;
constexpr std::size_t kSeqDigits = 8;

void append_hex(std::string& text, std::uint64_t number, std::size_t digits) {
    for (std::size_t left = digits; left-- > 0;)
        text += "0123456789abcdef"[number >> (4 * left) & 15];
}

bool parse_hex(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

const std::string_view kAddScript = Joined<kAddEntries, kAddAll>::kView;

const std::string_view kRemoveScript =
    R"(local left = redis.call('ZRANGEBYLEX', KEYS[2], '[' .. ARGV[2], '[' .. ARGV[2] .. '\255\255\255')[1]
local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
local value = left and string.sub(left, #ARGV[2] + 1) or entry and entry[2][2]
if value ~= ARGV[3] then return 0 end
if left then redis.call('ZREM', KEYS[2], left) else redis.call('XDEL', KEYS[1], ARGV[1]) end
if ARGV[4] ~= '' then redis.call('ZADD', KEYS[2], 0, ARGV[2] .. ARGV[4]) end
for i = 3, #KEYS do redis.pcall('ZREM', KEYS[i], ARGV[2]) end
return 1)";

IndexNames indexes_of(const Scan& scan) {
    constexpr std::array<std::string_view, 5> kTargets{
        "thng=", "thng=", "product=", "collection=", "place="};
    IndexNames names;
    const auto add = [&names](std::string_view field, std::string_view value) {
        if (!value.empty()) names.push_back({field, value});
    };
    add(kTargets[static_cast<std::size_t>(scan.resource_type)], scan.evrythng_id);
    add("product=", scan.product);
    add("user=", scan.user);
    add("scopes.projects=", scan.project);
    return names;
}

std::string index_member(StreamId id) {
    constexpr std::uint64_t kLastSeq = (std::uint64_t{1} << (4 * kSeqDigits)) - 1;
    std::string member;
    append_hex(member, id.ms, kMsDigits);
    append_hex(member, std::min(id.seq, kLastSeq), kSeqDigits);
    return member;
}

// A value begins with a length, whose third byte at most is below 0x80: so this is behind them all.
std::string members_up_to(StreamId id) {
    return "[" + index_member(id) + "\xff\xff\xff";
}
std::string members_before(StreamId id) {
    return "(" + index_member(id);
}
std::string members_from(StreamId id) {
    return "[" + index_member(id);
}
std::string members_behind(StreamId id) {
    return "(" + index_member(id) + "\xff\xff\xff";
}

std::optional<Remains> parse_remains(std::string_view member) {
    constexpr std::size_t kDigits = kMsDigits + kSeqDigits;
    const auto id = parse_index_member(member.substr(0, std::min(kDigits, member.size())));
    if (!id) return std::nullopt;
    return Remains{*id, member.substr(kDigits)};
}

std::optional<StreamId> parse_index_member(std::string_view member) {
    StreamId id;
    if (member.size() != kMsDigits + kSeqDigits || !parse_hex(member.substr(0, kMsDigits), id.ms) ||
        !parse_hex(member.substr(kMsDigits), id.seq))
        return std::nullopt;
    return id;
}

}  // namespace redirector::scan
