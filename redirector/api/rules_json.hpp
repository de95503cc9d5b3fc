// Redirector rules and contexts between JSON and the room rules/.
// Shape:   a rule is {match, name, redirectUrl, delegates: [{project, app}], constants: {key:
// text}}, every member
//          optional; a context is one object of flat dotted field names.
// Errors:  problems of the same kind as the compiler's, so that both are told in one list.
// Threads: pure.
// Source:  reference/api-facts.md 10; contract 2 ("rules eval").
#pragma once

#include "rules/compile.hpp"
#include "rules/context.hpp"
#include "rules/explain.hpp"
#include "rules/value.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace redirector::api {

struct ParsedRules {
    std::vector<rules::RuleSource> rules;
    std::vector<rules::Problem> problems;  // errors; `rules` is meaningful only without any
};

// Refuses members that a rule does not have, by name, and values of another type.
ParsedRules parse_rules(const boost::json::array& rules);

// Echoes only the members that are there.
boost::json::array to_json(const std::vector<rules::RuleSource>& rules);

rules::Facts parse_facts(const boost::json::object& context);
boost::json::object to_json(const rules::Facts& facts);

// The redirectionContext of a reaction: {"constants": {...}, "<field>": value ...} of what `rule`
// reads and has a value in `context`, which was begun with the ruleset's fields. At most `bound`
// bytes: what does not fit is left out. Empty when the rule reads nothing and has no constants.
std::string redirection_context(const rules::Ruleset& ruleset,
                                std::uint32_t rule,
                                const rules::Context& context,
                                std::size_t bound);

// {"error": kind, "rule": N, "member": ..., "offset": N, "message": ..., "hint": ...}
boost::json::object to_json(const rules::Problem& problem);

// {"outcome": ..., "rule": N, "url": ...}; `none` with "stoppedAt", `rejected` with the first
// problem's members.
boost::json::object to_json(const rules::Resolution& resolution);

// The resolution, and "rules": [{rule, name, verdict, predicates: [{text, offset, holds,
// observation}]}].
boost::json::object to_json(const rules::Explanation& explanation);

}  // namespace redirector::api
