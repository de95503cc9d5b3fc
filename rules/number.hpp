// Numbers of the rule language: 64-bit integers where they fit, doubles otherwise.
// Source:  grammar `number` in rules/README.md.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace rules {

/// A finite number, or an infinity where a literal such as 1e999 is beyond a double.
struct Number {
    std::int64_t integer = 0;  ///< the value when `exact`, else 0
    double real = 0;           ///< the value, rounded to a double when `exact`
    bool exact = false;        ///< true: an integer that fits 64 bits, written without "." or "e"
};

[[nodiscard]] constexpr Number integer_number(std::int64_t value) {
    return {value, static_cast<double>(value), true};
}
[[nodiscard]] constexpr Number real_number(double value) {
    return {0, value, false};
}

/// Two integers are compared exactly, everything else as doubles.
[[nodiscard]] inline std::partial_ordering compare(const Number& left, const Number& right) {
    if (left.exact && right.exact) return left.integer <=> right.integer;
    return left.real <=> right.real;
}

/// The whole of `text` as a number, or nothing when it is not one. Leading zeros are allowed; "+",
/// hexadecimal, blanks, "1.", ".5" and exponents of more than three digits are not.
[[nodiscard]] std::optional<Number> parse_number(std::string_view text);

/// The text a template shows: integers exactly; doubles without a fraction below 1e15 as integers;
/// other doubles in the shortest form that reads back the same. A view into `buffer`.
[[nodiscard]] std::string_view format_number(const Number& number, std::span<char, 32> buffer);

}  // namespace rules
