// A reply's body that is made while it is sent, for answers too large to be held.
// Shape:   the session asks for the next piece when the kernel has taken the one before, so that a
//          slow client holds one piece in memory, whatever the length of the whole.
// Errors:  `failed` cuts the connection off: the client must not take half an answer for a whole.
// Threads: used by one session, on its thread.
#pragma once

#include "redirector/async.hpp"

#include <cstdint>
#include <string>

namespace redirector {

class BodyStream {
  public:
    enum class Step : std::uint8_t { more, end, failed };

    virtual ~BodyStream() = default;

    // Appends the next piece, some ten thousand bytes, to `out`, which is empty and stays valid
    // until this completes; with `end` it is the last one, and may be empty. Not called again after
    // `end` or `failed`. Never throws.
    virtual Awaitable<Step> next(std::string& out) = 0;
};

}  // namespace redirector
