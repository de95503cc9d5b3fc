// Interpret: the meaning of a checked filter, spelled out over named values, one test at a time.
// Deliberately naive: it is the oracle for rules/evaluate.hpp, and what `explain` reports from.
// Threads: pure.
// Source:  "Meaning" in rules/README.md.
#pragma once

#include "rules/check.hpp"
#include "rules/value.hpp"

namespace rules {

/// The value that `test` looks at: its constant, or what `facts` hold under its name, fitted to its
/// field; null when there is none. Not for unknown fields.
[[nodiscard]] Value subject_of(const Test& test, const Facts& facts);

/// `value` as a field of this type sees it: itself, converted, or null where the type has no place
/// for it. Numeric text becomes a number in number fields, a text a set of one in set fields, and a
/// boolean a text in enumerations.
[[nodiscard]] Value fit(const Field& field, const Value& value);

/// The verdict of one test on a fitted value. Not for unknown fields.
[[nodiscard]] bool holds(const Test& test, const Value& value);

/// Whether the whole filter holds. Not for poison filters.
[[nodiscard]] bool matches(const CheckedFilter& filter, const Facts& facts);

}  // namespace rules
