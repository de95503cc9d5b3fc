// What a handler knows of one HTTP request (RFC 9112): views into the connection's read buffer,
// nothing copied.
// Shape:   the request line, the fields named in `Field` (all others are skipped unread), the body.
// Threads: belongs to one session; every view dies when that session has sent the reply.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace redirector {

// Methods that some route answers, and `other` for those that we know but never allow (PATCH,
// TRACE, CONNECT ...).
enum class Method : std::uint8_t { get, head, post, put, delete_, options, other };

// The header fields that anything here reads. http/session.cpp maps names to these (RFC 9110 5.1:
// without regard to case).
enum class Field : std::uint8_t {
    host,
    accept,
    accept_language,
    authorization,
    content_type,
    if_match,
    if_none_match,
    user_agent,
    referer,
    origin,
    x_forwarded_for,
    forwarded,
    dnt,
    sec_gpc,
    count_,
};

// An IPv6 address, or an IPv4 one mapped into it (RFC 4291 2.5.5.2), in network byte order.
using IpAddress = std::array<std::uint8_t, 16>;

struct Request {
    Method method = Method::get;
    std::string_view path;   // percent-encoded as received, starts with '/'
    std::string_view query;  // after '?', without it; percent-encoded as received
    std::string_view body;
    IpAddress peer{};  // of the TCP connection, or of the PROXY preamble where that is believed
    std::array<std::string_view, static_cast<std::size_t>(Field::count_)> fields{};

    // The field's value without surrounding blanks; empty when absent. Of a repeated list field the
    // first line is kept; of X-Forwarded-For and Forwarded, to which each hop may add a line, all
    // that stands from the first one's value to the last one's, other fields' lines included. Any
    // other field of `Field` may stand once; a second one is refused with 400.
    std::string_view field(Field f) const { return fields[static_cast<std::size_t>(f)]; }
};

}  // namespace redirector
