// The product: a scan comes in, a redirect goes out, and an implicitScans action is left behind.
// Shape:   attempt_redirect() decides from memory alone. What memory lacks is loaded by redirect(),
// which then attempts
//          again: one code path, whether the answer takes a microsecond or a trip to Redis.
// Errors:  unknown short ID: 404. Redis away and nothing in memory: 503. Never throws.
// Threads: on the I/O thread of the Services.
// Source:  contract 3 and 4; RFC 9110 15.4 (redirection statuses).
#pragma once

#include "redirector/async.hpp"
#include "redirector/reply.hpp"
#include "redirector/request.hpp"
#include "redirector/services.hpp"

#include <string_view>

namespace redirector {

// Answers GET or HEAD of a short ID from memory; false, with `reply` untouched, when memory lacks
// what the answer needs. `short_id` passes store::is_short_id().
bool attempt_redirect(const Request& request,
                      std::string_view short_id,
                      Services& services,
                      Reply& reply);

// The same, loading what is lacking.
Awaitable<void> redirect(const Request& request,
                         std::string_view short_id,
                         Services& services,
                         Reply& reply);

}  // namespace redirector
