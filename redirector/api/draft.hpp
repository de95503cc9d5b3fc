// Rules on their way from JSON to a compiled set: parsed, compiled and written out again in one
// piece of work, beside the I/O threads where they are long.
// Shape:   short ones (CompilePools::kLongRules) take less than changing threads would and are
//          worked on where they are; of long ones the loop only copies bytes.
// Errors:  functions that take a Call answer the refusal themselves: 400, 415, 422 naming rule,
//          member, offset and reason, 503 while too many long sets are being worked on.
// Threads: on the I/O thread of the call.
// Source:  reference/api-facts.md 10; rules-language 2 (two classes of errors).
#pragma once

#include "redirector/api/body.hpp"
#include "redirector/api/call.hpp"
#include "rules/compile.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace redirector::api {

// Rules that compile.
struct Draft {
    std::vector<rules::RuleSource> rules;
    std::shared_ptr<const rules::Ruleset> ruleset;
    boost::json::array warnings;
    std::string json;  // the rules as documents hold them: an array
};

struct DraftBody {
    boost::json::object others;  // what the body holds beside "rules"
    std::optional<Draft> draft;  // nothing: the body has no "rules"
};

// Reads a body and says all that is wrong with it, but for its rules. Uses body and Content-Type of
// the request alone.
using BodyReader = ParsedBody (*)(const Request& request);

// The call's body. Nothing: answered.
Awaitable<std::optional<DraftBody>> read_draft(Call& call,
                                               BodyReader reader,
                                               rules::CompileOptions options);

// The rules of a stored document; one without "rules" has none. Nothing: answered.
Awaitable<std::optional<Draft>> compile_stored(Call& call,
                                               std::string document,
                                               rules::CompileOptions options);

// Does work whose length grows with `bytes` of text. The caller may be gone before it: `work` owns
// what it touches. False: answered.
Awaitable<bool> work_on_text(Call& call, std::size_t bytes, std::function<void()> work);

}  // namespace redirector::api
