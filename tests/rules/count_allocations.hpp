// Counts the allocations of a test program, whoever makes them, by replacing operator new.
#pragma once

namespace rules::testing {

/// Calls of operator new since the program started.
[[nodiscard]] long allocations();

}  // namespace rules::testing
