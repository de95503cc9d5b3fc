// A recorded scan as the API shows it: the ActionDocument.
// Errors:  what a scan does not know is left out.
// Threads: pure, but for the agent cache, which belongs to one thread.
// Source:  reference/api-facts.md 8 (Action, ActionContext, Reaction).
#pragma once

#include "redirector/facts/user_agent.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/scan/stream.hpp"

#include <boost/json/object.hpp>

namespace redirector::api {

// `context` is shown only where it was asked for.
boost::json::object action_document(const scan::Position& position,
                                    const scan::Scan& scan,
                                    bool with_context,
                                    facts::AgentFactsCache& agents);

}  // namespace redirector::api
