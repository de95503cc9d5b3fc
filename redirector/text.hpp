// ASCII text without regard to case, as protocol elements compare (RFC 9110 5.1, 8.3.1, 11.1).
#pragma once

#include <algorithm>
#include <string_view>

namespace redirector {

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace redirector
