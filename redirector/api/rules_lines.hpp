// The questions of `redirector rules eval`: one JSON object in, one out, a line each.
// Errors:  within the answer: {"error": kind, "message": ..., "offset": N}; never an exception.
// Threads: pure.
// Source:  contract 2.
#pragma once

#include <string>
#include <string_view>

namespace redirector::api {

// Answers {"match", "context"}, {"template", "context"} or {"rules", "level", "context"}.
std::string evaluate_line(std::string_view line);

// Explains a Redirector document ({"rules": [...]}, or the array alone) for a context, both JSON
// text. Puts what is wrong with either into `error`, and returns the explanation as text for a
// terminal, or as JSON.
std::string explain_document(std::string_view document,
                             std::string_view context,
                             bool account_level,
                             bool as_json,
                             std::string& error);

}  // namespace redirector::api
