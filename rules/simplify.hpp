// Simplify: checked filter -> a smaller tree that means the same.
// Tests that are decided already (constants, fields without value at this level) are folded away,
// nested `&` and `|` are flattened, and cheap tests that fail often come first. Reordering is sound
// because every test is true or false, without errors or effects.
// Threads: pure.
#pragma once

#include "rules/check.hpp"

#include <variant>

namespace rules {

/// Always true, always false, or a tree over `filter.tests`.
using Simplified = std::variant<bool, Node>;

/// Not for poison filters.
[[nodiscard]] Simplified simplify(const CheckedFilter& filter);

}  // namespace rules
