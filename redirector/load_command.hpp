// `redirector load`: creates the redirections of a file.
// Errors:  bad lines and duplicates are told one by one on standard error while the rest goes on;
//          exit status 1 if there were any, or if the end was not reached.
#pragma once

#include "redirector/config.hpp"

#include <array>

namespace redirector {

inline constexpr std::array kLoadOptions{
    Option{"ndjson", "FILE",
           "a RedirectionDocument on each line, as POST /redirections takes it; -: standard input"},
    Option{"account", "ID", "whose they become; may be left out where there is one account"},
    Option{"output,o", "FILE", "what came of each line, with its short ID, as NDJSON"},
    Option{"place", "FILE",
           "where to go on after a stop, written as lines are done; default: FILE.place beside the "
           "input, for standard input none. The same command then goes on behind the lines done"},
    Option{"json", "", "print one JSON object at the end; no progress bar"}};

int run_load(const ParsedConfig& parsed);

}  // namespace redirector
