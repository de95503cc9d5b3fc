// POST of actions: checked and stored by api/new_actions.hpp; what is between is here: who the
// client is, and what the rules make of it.
// Errors:  answered.
// Threads: on the I/O thread of the call.
#pragma once

#include "redirector/api/call.hpp"

namespace redirector {

Awaitable<void> create_actions(api::Call& call);

}  // namespace redirector
