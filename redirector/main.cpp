// The program: `redirector COMMAND [OPTIONS]`. See commands.cpp for what there is.
#include "redirector/commands.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

extern char** environ;

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    std::vector<std::string> environment;
    for (char** entry = environ; *entry != nullptr; ++entry)
        environment.emplace_back(*entry);
    try {
        return redirector::run_command(arguments, environment);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "redirector: %s\n", problem.what());
        return 1;
    }
}
