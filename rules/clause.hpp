// Clauses: what the index knows of a rule. A rule is split at its top-level `|` into clauses; of
// each clause only the tests that can be looked up are kept, so a clause admits every context that
// makes its rule match, and perhaps more. Threads: pure.
#pragma once

#include "rules/check.hpp"
#include "rules/lower.hpp"
#include "rules/text.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace rules {

/// Closed at both ends; empty when low > high.
struct Interval {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
};

/// What one slot must hold. Texts, sets and dynamic fields have keys: the cell, or one of its
/// items, must have one of these hashes, or begin with a text that has this prefix_key. Number
/// fields have intervals: the number must lie in one of them.
struct Constraint {
    Slot slot = 0;
    bool folded = false;                        ///< how texts are hashed
    std::vector<std::uint64_t> keys;            ///< ascending, each once
    std::vector<std::uint32_t> prefix_lengths;  ///< of the keys that are prefix_keys
    std::vector<Interval> intervals;
};

/// The key of a text's first `length` bytes, which have this hash.
[[nodiscard]] constexpr std::uint64_t prefix_key(std::uint64_t hash, std::uint32_t length) {
    return text::mix(hash ^ (length + std::uint64_t{1}), text::kHashFactor);
}

struct Clause {
    std::uint32_t rule = 0;
    std::vector<Constraint> constraints;  ///< all must hold; at most one per number slot
};

/// Appends the clauses of the rule that was lowered last, as number `rule`.
void append_clauses(std::vector<Clause>& out,
                    std::uint32_t rule,
                    const CheckedFilter& filter,
                    const Node& root,
                    const SlotTable& slots);

}  // namespace rules
