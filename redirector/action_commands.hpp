// `redirector actions export` and `redirector actions tail`.
// Errors:  one sentence on standard error, exit status 1; what was written until then is whole, and
//          --place FILE says where to go on.
#pragma once

#include "redirector/config.hpp"

#include <array>

namespace redirector {

inline constexpr std::array kExportOptions{
    Option{"account", "ID", "whose actions; may be left out where there is one account"},
    Option{"format", "FORMAT", "ndjson (default) or csv"},
    Option{"type", "TYPE", "only actions of this type, such as implicitScans"},
    Option{"output,o", "FILE", "where to write them; default: standard output"},
    Option{"place", "FILE",
           "where to go on: written as actions are, read at the start where it exists; a file of "
           "--output is then continued without a gap or a repetition"}};

inline constexpr std::array kTailOptions{
    Option{"account", "ID", "whose actions; may be left out where there is one account"},
    Option{"format", "FORMAT", "ndjson (default) or csv"},
    Option{"type", "TYPE", "only actions of this type, such as implicitScans"},
    Option{"place", "FILE",
           "where to go on: written as actions are, read at the start where it exists; without it, "
           "from now on"}};

int run_actions_export(const ParsedConfig& parsed);
int run_actions_tail(const ParsedConfig& parsed);

}  // namespace redirector
