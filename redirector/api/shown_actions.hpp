// Actions as a call wants them shown: with their context if it asks for it. Whose agents sent them is
// found out beside the I/O thread: a new agent string takes 15 us, a hostile one 2 ms.
// Errors:  answered: 503 while too many calls wait for the thread that does it.
// Threads: on the I/O thread of the call.
// Source:  figures in redirector/facts/README.md.
#pragma once

#include "redirector/api/call.hpp"
#include "redirector/async.hpp"
#include "redirector/scan/stream.hpp"

#include <boost/json/array.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redirector::api {

struct FoundAction {
    scan::Position position;
    std::vector<std::uint8_t> record;  // that scan::decode() reads
};

// Whether the call's query has context=true.
bool shows_context(const Call& call);

// One document for each, in their order. Nothing: answered.
Awaitable<std::optional<boost::json::array>> show_actions(Call& call,
                                                          std::vector<FoundAction> found);

// Until the caller waits for something else, action_document() parses none of these. False: answered.
Awaitable<bool> learn_agents(Call& call, std::vector<std::string> user_agents);

}  // namespace redirector::api
