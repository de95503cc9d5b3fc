// Where a webhook's URL leads, and whether this service may go there.
// Shape:   scheme, host, port and path of an http or https URL; addresses as facts/address.hpp
//          keeps them, IPv4 mapped.
// Threads: pure.
// Source:  IANA special-purpose address registries (RFC 6890).
#pragma once

#include "redirector/request.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace redirector::webhooks {

struct Target {
    bool tls = false;
    std::string host;       // name or address, without brackets
    std::string port;       // the scheme's own where the URL names none
    std::string authority;  // as the Host field carries it
    std::string path;       // with the query, without the fragment
};

// nullopt: no http or https URL, or one with user info, blanks or control characters.
std::optional<Target> parse_target(std::string_view url);

// False for what no stranger may make this service connect to: private, loopback, link-local,
// multicast, documentation and other special addresses, IPv4 ones within IPv6 among them.
bool is_public(const IpAddress& address);

}  // namespace redirector::webhooks
