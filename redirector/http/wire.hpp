// Reply -> bytes of an HTTP/1.1 message (RFC 9112 4 to 6), and the Date that stands in it.
// Shape:   pure; appends to a string of the caller, which keeps its capacity from reply to reply.
// Errors:  none. A status without a name of its own gets the empty reason (RFC 9112 4).
#pragma once

#include "redirector/reply.hpp"

#include <ctime>
#include <string>
#include <string_view>

namespace redirector::http {

// How the reply's connection goes on, as the Connection field tells the client (RFC 9112 9.3).
enum class Persistence {
    keep,           // HTTP/1.1, the default of which is to go on: no field
    keep_http_1_0,  // "Connection: keep-alive", which an HTTP/1.0 client must be told
    close,          // "Connection: close"
};

// How the client learns where the body ends (RFC 9112 6).
enum class Length {
    counted,      // Content-Length, and the body with the head
    chunked,      // Transfer-Encoding: chunked; the body follows by append_chunk()
    until_close,  // a body of unknown length for an HTTP/1.0 client, who knows no chunks
};

struct Framing {
    bool head_only = false;  // answers HEAD: the fields of a GET, no body (RFC 9110 9.3.2)
    Persistence persistence = Persistence::keep;
    Length length = Length::counted;
};

// The interim answer to Expect: 100-continue (RFC 9110 10.1.1).
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Appends the reply to `out`, whole where its length is counted, else up to its body. `date` is
// what http_date() gave for this second. Content-Length is written for every status but 1xx, 204
// and 304, and for those the body is dropped (RFC 9110 8.6). `reply.fields` must hold none of Date,
// Server, Content-Type, Content-Length, Transfer-Encoding, Connection.
void append_reply(const Reply& reply,
                  const Framing& framing,
                  std::string_view date,
                  std::string& out);

// Appends a piece of a chunked body, unless it is empty, and what ends such a body (RFC 9112 7.1).
void append_chunk(std::string_view piece, std::string& out);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// "Sun, 06 Nov 1994 08:49:37 GMT" for seconds since the epoch (IMF-fixdate, RFC 9110 5.6.7).
std::string http_date(std::time_t seconds);

}  // namespace redirector::http
