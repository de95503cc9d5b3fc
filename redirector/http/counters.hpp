// What one I/O thread's listener counts, for the metrics page.
// Threads: written by the thread that owns the server, read by any other (relaxed: each figure is
//          right by itself, not to the instant with the others).
#pragma once

#include "redirector/counter.hpp"

namespace redirector::http {

struct Counters {
    Counter accepted;            // connections taken
    Counter open;                // connections now
    Counter refused;             // connections answered with 503, or dropped, above the limit
    Counter accept_failures;     // accept() failed: no descriptor or memory to be had
    Counter requests;            // requests answered, refused ones among them
    Counter refusals;            // requests that the session refused itself: malformed, too large
    Counter timeouts;            // connections ended by a deadline, idle ones not counted
    Counter handshake_failures;  // TLS connections that came to nothing
    Counter bytes_in;
    Counter bytes_out;
    Counter failures;  // sessions ended by an exception: out of memory
};

}  // namespace redirector::http
