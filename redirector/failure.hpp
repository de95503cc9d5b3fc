// How a command says that it failed: one line on standard error.
#pragma once

#include <cstdio>
#include <string>

namespace redirector {

// Returns the exit status of a command that failed.
inline int fail(const std::string& sentence) {
    std::fprintf(stderr, "redirector: %s\n", sentence.c_str());
    return 1;
}

}  // namespace redirector
