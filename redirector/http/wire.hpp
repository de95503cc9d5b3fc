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

struct Framing {
    bool head_only = false;  // answers HEAD: the fields of a GET, no body (RFC 9110 9.3.2)
    Persistence persistence = Persistence::keep;
};

// The interim answer to Expect: 100-continue (RFC 9110 10.1.1).
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Appends the whole reply to `out`. `date` is what http_date() gave for this second. Content-Length
// is written for every status but 1xx, 204 and 304, and for those the body is dropped (RFC 9110
// 8.6). `reply.fields` must hold none of Date, Server, Content-Type, Content-Length, Connection.
void append_reply(const Reply& reply,
                  const Framing& framing,
                  std::string_view date,
                  std::string& out);

// "Sun, 06 Nov 1994 08:49:37 GMT" for seconds since the epoch (IMF-fixdate, RFC 9110 5.6.7).
std::string http_date(std::time_t seconds);

}  // namespace redirector::http
