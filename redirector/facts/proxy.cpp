#include "redirector/facts/proxy.hpp"

#include "redirector/facts/address.hpp"
#include "redirector/facts/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace redirector::facts {
namespace {

constexpr int kAddressBits = 128;
constexpr int kIpv4Offset = 96;  // bits before the IPv4 part of a mapped address

// The address with all bits behind the prefix cleared.
IpAddress masked(IpAddress address, int prefix) {
    for (int byte = 0; byte < static_cast<int>(address.size()); ++byte) {
        const int kept = std::clamp(prefix - byte * 8, 0, 8);
        auto& value = address[static_cast<std::size_t>(byte)];
        value = static_cast<std::uint8_t>(value & (0xFF00 >> kept));
    }
    return address;
}

bool shares_prefix(const IpAddress& a, const IpAddress& b, int prefix) {
    const auto whole = static_cast<std::size_t>(prefix / 8);
    if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
    const int rest = prefix % 8;
    return rest == 0 || ((a[whole] ^ b[whole]) & (0xFF00 >> rest) & 0xFF) == 0;
}

Problem bad_item(std::string_view item, std::string_view why) {
    return {"trusted proxy \"" + std::string{item} + "\": " + std::string{why}};
}

std::string cidr_text(const IpAddress& address, int prefix) {
    const int shown = is_ipv4(address) ? prefix - kIpv4Offset : prefix;
    return address_text(address) + "/" + std::to_string(shown);
}

std::optional<int> parse_prefix(std::string_view text, int most) {
    int prefix = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, prefix);
    if (error != std::errc{} || stop != end || prefix < 0 || prefix > most) return std::nullopt;
    return prefix;
}

// Takes the last comma-separated element off `list`. Commas in quoted strings do not count. Quotes
// are followed from the right, so that what a client wrote on the left cannot swallow what a proxy
// added behind it.
std::string_view take_last_element(std::string_view& list) {
    bool quoted = false;
    for (std::size_t at = list.size(); at-- > 0;) {
        if (list[at] == '"') {
            std::size_t backslashes = 0;
            while (quoted && backslashes < at && list[at - 1 - backslashes] == '\\')
                ++backslashes;
            if (backslashes % 2 == 0) quoted = !quoted;
        } else if (list[at] == ',' && !quoted) {
            const auto element = list.substr(at + 1);
            list = list.substr(0, at);
            return trimmed(element);
        }
    }
    const auto element = list;
    list = {};
    return trimmed(element);
}

// Takes the last value of the field off `lines`, as Request::field has them: from the field's first
// value to its last, with the lines of other fields between.
std::string_view take_last_value(std::string_view& lines, std::string_view name) {
    for (;;) {
        const auto end_of_line = lines.rfind('\n');
        if (end_of_line == lines.npos) return std::exchange(lines, {});
        const auto line = lines.substr(end_of_line + 1);
        lines = lines.substr(0, end_of_line);
        if (lines.ends_with('\r')) lines.remove_suffix(1);
        const auto colon = line.find(':');
        if (colon != line.npos && equal_folded(line.substr(0, colon), name))
            return line.substr(colon + 1);
    }
}

// An address as hops write it: bare, "192.0.2.1:443", "[2001:db8::1]" or "[2001:db8::1]:443".
std::optional<IpAddress> parse_node(std::string_view node) {
    if (node.starts_with('[')) {
        const auto close = node.find(']');
        if (close == node.npos) return std::nullopt;
        const auto tail = node.substr(close + 1);
        if (!tail.empty() && !tail.starts_with(':')) return std::nullopt;
        const auto inside = node.substr(1, close - 1);
        return inside.find(':') == inside.npos ? std::nullopt : parse_address(inside);
    }
    const auto colon = node.find(':');
    const bool has_port = colon != node.npos && node.find(':', colon + 1) == node.npos;
    return parse_address(has_port ? node.substr(0, colon) : node);
}

// The node of the "for" parameter of one forwarded-element (RFC 7239 4): empty when it has none, or
// more than one. No node that is an address holds ';', '=' or a quoted pair, so cutting at every
// ';' loses nothing.
std::string_view forwarded_for(std::string_view element) {
    std::string_view node;
    while (!element.empty()) {
        const auto semicolon = element.find(';');
        const auto pair = trimmed(element.substr(0, semicolon));
        element = semicolon == element.npos ? std::string_view{} : element.substr(semicolon + 1);
        const auto equals = pair.find('=');
        if (equals == pair.npos || !equal_folded(pair.substr(0, equals), "for")) continue;
        if (!node.empty()) return {};
        node = pair.substr(equals + 1);
        if (node.size() >= 2 && node.front() == '"' && node.back() == '"') {
            node = node.substr(1, node.size() - 2);
        }
    }
    return node;
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(std::string_view list) {
    TrustedProxies proxies;
    if (trimmed(list).empty()) return proxies;
    for (std::size_t begin = 0; begin <= list.size();) {
        const auto comma = std::min(list.find(',', begin), list.size());
        const auto item = trimmed(list.substr(begin, comma - begin));
        begin = comma + 1;

        const auto slash = item.find('/');
        const auto address = parse_address(item.substr(0, slash));
        if (!address)
            return bad_item(item, "not an IPv4 or IPv6 address, or block such as 10.0.0.0/8");
        // "::ffff:10.0.0.0/104" counts its prefix as IPv6, "10.0.0.0/8" as IPv4.
        const int offset = item.find(':') == item.npos ? kIpv4Offset : 0;
        int prefix = kAddressBits;
        if (slash != item.npos) {
            const auto bits = parse_prefix(item.substr(slash + 1), kAddressBits - offset);
            if (!bits) {
                return bad_item(item, "the prefix is a number from 0 to " +
                                          std::to_string(kAddressBits - offset));
            }
            prefix = *bits + offset;
        }
        const auto first = masked(*address, prefix);
        if (first != *address) {
            return bad_item(
                item, "bits are set behind the prefix; the block is " + cidr_text(first, prefix));
        }
        if (proxies.blocks_.size() == kMaxBlocks) {
            return bad_item(item, "more than " + std::to_string(kMaxBlocks) + " blocks");
        }
        proxies.blocks_.push_back({first, prefix});
    }
    return proxies;
}

bool TrustedProxies::trusts(const IpAddress& address) const {
    return std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& block) {
        return shares_prefix(block.first, address, block.prefix) &&
               is_ipv4(block.first) == is_ipv4(address);
    });
}

IpAddress client_address(const Request& request, const TrustedProxies& proxies) {
    IpAddress client = request.peer;
    std::string_view lines = request.field(Field::x_forwarded_for);
    const bool standard = lines.empty();
    if (standard) lines = request.field(Field::forwarded);
    const std::string_view name = standard ? "forwarded" : "x-forwarded-for";

    std::string_view hops;
    for (std::size_t hop = 0; hop < kMaxHops && proxies.trusts(client); ++hop) {
        if (hops.empty() && lines.empty()) break;
        if (hops.empty()) hops = take_last_value(lines, name);
        const auto element = take_last_element(hops);
        if (element.empty()) continue;  // RFC 9110 5.6.1.2
        const auto address = parse_node(standard ? forwarded_for(element) : element);
        if (!address) break;
        client = *address;
    }
    return client;
}

}  // namespace redirector::facts
