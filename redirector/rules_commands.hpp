// `redirector rules eval` and `redirector rules explain`: the rule language without a server.
// Source:  contract 2.
#pragma once

#include "redirector/config.hpp"

#include <array>

namespace redirector {

// One JSON object per line from standard input, one per line to standard output.
int run_rules_eval(const ParsedConfig& parsed);

inline constexpr std::array kExplainOptions{
    Option{"redirector", "FILE", "a Redirector document (JSON): {\"rules\": [...]}"},
    Option{"context", "FILE", "a context (JSON): {\"country\": \"DE\", ...}"},
    Option{"level", "LEVEL", "account (default) or application"},
    Option{"json", "", "print one JSON object"}};

// Which rule matched, and why each earlier one did not.
int run_rules_explain(const ParsedConfig& parsed);

}  // namespace redirector
