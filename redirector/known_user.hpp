// The application user who scans, told by the API key that the request carries.
// Shape:   nothing is done for a request without an Authorization field, as every phone's is.
// Errors:  a key that is malformed, unknown, of another type or of another account: nobody is
//          known, and the scan is like any other. So it is when Redis cannot be asked.
// Threads: one synchronous piece of work on the I/O thread of the Services.
// Source:  contract 4.2.
#pragma once

#include "redirector/api/auth.hpp"
#include "redirector/known.hpp"
#include "redirector/request.hpp"

#include <string_view>

namespace redirector {

struct KnownUser {
    bool lacking = false;               // the key must be loaded first
    const api::Actor* actor = nullptr;  // null: not known; lives as long as the Known
};

KnownUser find_user(const Request& request, std::string_view account, Known& known);

}  // namespace redirector
