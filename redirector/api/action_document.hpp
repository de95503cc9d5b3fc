// A recorded scan as the API shows it: the ActionDocument.
// Errors:  what a scan does not know is left out.
// Threads: pure, but for the agent cache, which belongs to one thread.
// Source:  reference/api-facts.md 8 (Action, ActionContext, Reaction).
#pragma once

#include "redirector/facts/user_agent.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/scan/stream.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace redirector::api {

// How actions call what they are done on: "thng", "product", "collection", "place".
std::string_view target_field(scan::ResourceType type);

// Who sees an action that says nothing else: the project that it was made in; there the user who
// made it, or all.
boost::json::object default_scopes(std::string_view user, std::string_view project);

// Everything that is known of the action, `scopes` among it; of its `context` only what filters may
// ask for.
boost::json::object action_fields(const scan::Position& position, const scan::Scan& scan);

// The same with the whole context, or without any.
boost::json::object action_document(const scan::Position& position,
                                    const scan::Scan& scan,
                                    bool with_context,
                                    facts::AgentFactsCache& agents);

}  // namespace redirector::api
