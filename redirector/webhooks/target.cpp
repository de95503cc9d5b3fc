#include "redirector/webhooks/target.hpp"

#include "redirector/facts/address.hpp"

#include <algorithm>

namespace redirector::webhooks {
namespace {

bool is_plain(char c) {
    return c > ' ' && c < '\x7F';
}

// 192.0.0.0/24, 192.0.2.0/24, 192.88.99.0/24, 198.18.0.0/15, 198.51.100.0/24, 203.0.113.0/24, and
// all from 224.0.0.0 on; private ones are facts/address.hpp's.
bool is_special_ipv4(unsigned a, unsigned b, unsigned c) {
    if (a == 0 || a >= 224) return true;
    if (a == 192 && b == 0 && (c == 0 || c == 2)) return true;
    if (a == 192 && b == 88 && c == 99) return true;
    if (a == 198 && (b == 18 || b == 19 || (b == 51 && c == 100))) return true;
    return a == 203 && b == 0 && c == 113;
}

// Of what is assigned to hosts, 2000::/3: 2001::/23 (Teredo and others), documentation, and 6to4,
// which holds an IPv4 address.
bool is_global_ipv6(const IpAddress& address) {
    const unsigned first = address[0] * 256U + address[1];
    const unsigned second = address[2] * 256U + address[3];
    if ((address[0] & 0xE0U) != 0x20U || first == 0x2002) return false;
    if (first == 0x3FFF && second < 0x1000) return false;
    return first != 0x2001 || (second >= 0x0200 && second != 0x0DB8);
}

}  // namespace

std::optional<Target> parse_target(std::string_view url) {
    if (!std::ranges::all_of(url, is_plain)) return std::nullopt;
    Target target;
    target.tls = url.starts_with("https://");
    if (!target.tls && !url.starts_with("http://")) return std::nullopt;
    url.remove_prefix(target.tls ? 8 : 7);
    url = url.substr(0, url.find('#'));
    const std::string_view authority = url.substr(0, url.find_first_of("/?"));
    target.path = url.substr(authority.size());
    if (!target.path.starts_with('/')) target.path.insert(0, 1, '/');
    target.authority = authority;
    std::string_view host = authority;
    std::string_view port = target.tls ? "443" : "80";
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.rfind(':');
    if (colon != host.npos && (bracket == host.npos || colon > bracket)) {
        if (colon + 1 < host.size()) port = host.substr(colon + 1);
        host = host.substr(0, colon);
    }
    if (host.starts_with('[') != host.ends_with(']')) return std::nullopt;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (host.empty() || host.find_first_of("@[]\\") != host.npos || port.size() > 5 ||
        !std::ranges::all_of(port, is_digit))
        return std::nullopt;
    target.host = host;
    target.port = port;
    return target;
}

bool is_public(const IpAddress& address) {
    if (facts::is_private(address)) return false;
    return facts::is_ipv4(address) ? !is_special_ipv4(address[12], address[13], address[14])
                                   : is_global_ipv6(address);
}

}  // namespace redirector::webhooks
