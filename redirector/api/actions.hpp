// Actions read back: what scans left behind and what clients made, newest first.
// Shape:   GET /actions/{type}, /actions/all and their aliases below thngs, products and collections:
//          a page; with an ID behind it: one. `context=true` shows the context.
//          A list reads the smallest of the indexes that hold what it asks for (of a filter's value,
//          the resource of the path, the type, the key's project), else the whole stream, and looks
//          at each action. It ends a page after kMaxExamined of them; its Link goes on from there.
// Units:   createdAt: when Redis took the action; timestamp: when it happened.
// Errors:  400 naming the parameter, 404, 503.
// Threads: handlers run on the I/O thread of the call.
// Source:  reference/001 "Actions"; reference/api-facts.md 5 to 7; scan/README.md for how they are
//          kept.
#pragma once

#include "redirector/api/call.hpp"
#include "redirector/scan/record.hpp"

#include <string_view>

namespace redirector::api {

Awaitable<void> list_actions(Call& call);
Awaitable<void> read_action(Call& call);
Awaitable<void> remove_action(Call& call);

// Whether the scan is an action of the type; every one is of type "all".
bool is_of_type(const scan::Scan& scan, std::string_view type);

// 404.
void refuse_action(Call& call, std::string_view id);

}  // namespace redirector::api
