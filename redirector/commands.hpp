// The subcommands of the program, one table: name, own options, what it does. main() runs one of
// them.
#pragma once

#include "redirector/config.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector {

struct Command {
    std::string_view name;   // one or two words
    std::string_view usage;  // what follows the name
    std::string_view meaning;
    std::span<const Option> options;
    Scope scope;
    unsigned positional;              // words that it takes
    int (*run)(const ParsedConfig&);  // returns the exit status
};

std::span<const Command> commands();

// Runs the subcommand that the arguments (without the program's name) begin with. Returns the exit
// status: 0 done, 1 failed, 2 not understood.
int run_command(const std::vector<std::string>& arguments,
                std::span<const std::string> environment);

}  // namespace redirector
