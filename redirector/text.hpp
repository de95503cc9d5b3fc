// Short texts of protocols and files: compared, read as numbers.
// Threads: pure.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace redirector {

// Without regard to case, as protocol elements compare (RFC 9110 5.1, 8.3.1, 11.1).
inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

// The number that the whole text is, without sign for unsigned types; nullopt: it is none, or does
// not fit.
template <class Number>
std::optional<Number> to_number(std::string_view text, int base = 10) {
    Number number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, base);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

}  // namespace redirector
