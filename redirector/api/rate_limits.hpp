// How many calls a key and an account may make: any number unless --rate-limit and
// --account-rate-limit say otherwise; counted in Redis, so that all nodes count together.
// Errors:  where the store does not answer, calls pass: it is asked again by whatever they do.
// Threads: on the I/O thread of the call.
#pragma once

#include "redirector/api/call.hpp"

namespace redirector::api {

// Counts this call and adds the X-RateLimit-... fields; false: answered with 429 and Retry-After.
Awaitable<bool> within_rate_limit(Call& call);

}  // namespace redirector::api
