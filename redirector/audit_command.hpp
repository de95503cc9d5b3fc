// `redirector audit`: an account's audit trail, as NDJSON on standard output.
#pragma once

#include "redirector/config.hpp"

#include <array>

namespace redirector {

inline constexpr std::array kAuditOptions{
    Option{"account", "ID", "whose; needed where the store holds several"},
    Option{"last", "N", "how many of the newest changes, 1 to 100000; default: 100"}};

// Returns the exit status.
int run_audit(const ParsedConfig& parsed);

}  // namespace redirector
