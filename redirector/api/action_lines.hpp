// Actions as lines of a file.
// Shape:   NDJSON: the ActionDocument with its context, one object a line. CSV (RFC 4180): the
//          columns of action_csv_header(), quoted where needed, bytes that are no UTF-8 replaced.
// Errors:  none: what a scan does not know is left out, or an empty cell.
// Threads: pure, but for the agent cache, which belongs to one thread.
#pragma once

#include "redirector/facts/user_agent.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/scan/stream.hpp"

#include <string>
#include <string_view>

namespace redirector::api {

// Each appends one line with its end.
void append_action_json(const scan::Position& position,
                        const scan::Scan& scan,
                        facts::AgentFactsCache& agents,
                        std::string& out);
void append_action_csv(const scan::Position& position,
                       const scan::Scan& scan,
                       facts::AgentFactsCache& agents,
                       std::string& out);

std::string_view action_csv_header();

// "implicitScans" where the record says nothing.
std::string_view type_of(const scan::Scan& scan);

}  // namespace redirector::api
