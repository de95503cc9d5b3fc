// Internet addresses: text to bytes and back, and which of them say nothing about a place.
// Shape:   every address is 16 bytes; an IPv4 one is mapped, ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
// Errors:  parse_address answers nothing for any text that is not wholly an address.
// Threads: pure functions; no allocation but the string that address_text returns.
#pragma once

#include "redirector/request.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace redirector::facts {

// "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1" (the same as the first without its prefix). No
// port, no brackets, no zone identifier, no blanks, no leading zeros in IPv4.
std::optional<IpAddress> parse_address(std::string_view text);

// Dotted quad for IPv4, RFC 5952 text for IPv6. At most 45 characters.
std::string address_text(const IpAddress& address);

bool is_ipv4(const IpAddress& address);

// True for addresses that any network may use, and so are nowhere in particular: unspecified,
// loopback, link-local, private (RFC 1918, RFC 4193) and shared (RFC 6598).
bool is_private(const IpAddress& address);

}  // namespace redirector::facts
