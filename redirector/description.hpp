// What the API says about itself and the clock: /openapi.json, /docs, /time.
// Threads: on the I/O thread of the call.
#pragma once

#include "redirector/api/route.hpp"

#include <span>

namespace redirector {

std::span<const api::Route> description_routes();

}  // namespace redirector
