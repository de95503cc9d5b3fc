// `redirector serve`: builds everything, runs it, and takes it down again without losing a scan.
// Errors:  one line on standard error and status 1 when something that it needs is not to be had.
// Source:  contract 2 and 7 ("SIGTERM loses nothing ... exit 0 within 10 s").
#pragma once

#include "redirector/config.hpp"

namespace redirector {

// Serves until SIGTERM or SIGINT; returns the process's exit status.
int serve(const Config& config);

}  // namespace redirector
