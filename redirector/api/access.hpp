// GET /access: whose key this is. Every SDK scope asks it first.
// Source:  reference/api-facts.md 3.
#pragma once

#include "redirector/api/call.hpp"

namespace redirector::api {

Awaitable<void> read_access(Call& call);

}  // namespace redirector::api
