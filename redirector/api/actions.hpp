// Actions read back: what scans left behind, newest first.
// Shape:   GET /actions/{type} and /actions/all: a page; GET /actions/{type}/{id}: one.
//          `context=true` shows the context.
// Units:   createdAt: when Redis took the action; timestamp: when it happened.
// Errors:  400 naming the parameter, 404, 503.
// Threads: handlers run on the I/O thread of the call.
// Source:  reference/001 "Actions"; scan/README.md for how they are kept.
#pragma once

#include "redirector/api/call.hpp"

namespace redirector::api {

Awaitable<void> list_actions(Call& call);
Awaitable<void> read_action(Call& call);

}  // namespace redirector::api
