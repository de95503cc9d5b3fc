// The authority of a request: the Host field, or what an absolute-form target carries.
// Shape:   uri-host [":" port] of RFC 3986 3.2.2 and 3.2.3: a name, an IPv4 address or a bracketed
//          IPv6 literal; no user information, no empty host, port at most 65535.
// Errors:  false; the text may be partly in lower case then.
#pragma once

#include <span>

namespace redirector::http {

// Checks `text` and turns it to lower case in place, since hosts are matched without regard to case
// (RFC 3986 6.2.2.1).
bool normalise_authority(std::span<char> text);

}  // namespace redirector::http
