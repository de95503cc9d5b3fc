// A country by its ISO 3166-1 alpha-2 code, in two bytes.
#pragma once

#include "redirector/facts/text.hpp"

#include <array>
#include <string_view>

namespace redirector::facts {

struct CountryCode {
    std::array<char, 2> letters{};  // upper case; zero when the country is not known

    // Two ASCII letters of either case; anything else is no country.
    static constexpr CountryCode from(std::string_view text) {
        if (text.size() != 2 || !is_letter(text[0]) || !is_letter(text[1])) return {};
        return {{static_cast<char>(text[0] & ~0x20), static_cast<char>(text[1] & ~0x20)}};
    }

    constexpr bool known() const { return letters[0] != 0; }

    // A view into this object; empty when not known.
    constexpr std::string_view text() const { return {letters.data(), known() ? 2U : 0U}; }

    friend constexpr bool operator==(const CountryCode&, const CountryCode&) = default;
};

}  // namespace redirector::facts
