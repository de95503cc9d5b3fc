// Deflate codes: the symbols of literals, lengths and distances.
// Source:  RFC 1951 3.2.5.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace qr {

inline constexpr std::size_t kMinMatch = 3;
inline constexpr std::size_t kMaxMatch = 258;
inline constexpr std::size_t kEndOfBlock = 256;
inline constexpr std::size_t kLiteralCodes = 286;  // bytes, the end of a block, and lengths

// A length or distance: its code, and the extra bits that follow the code.
struct Coded {
    std::uint16_t code;
    std::uint8_t extra_bits;
    std::uint16_t extra;
};

// Lengths 3 to 258 are codes 257 to 285, four to each number of extra bits.
inline constexpr auto kLengths = [] {
    std::array<Coded, kMaxMatch + 1> table{};
    for (std::size_t length = kMinMatch; length <= kMaxMatch; ++length) {
        const auto value = static_cast<std::uint32_t>(length - kMinMatch);
        const int extra_bits = value < 8 ? 0 : static_cast<int>(std::bit_width(value)) - 3;
        const std::uint32_t code =
            257 + 4 * static_cast<std::uint32_t>(extra_bits) + (value >> extra_bits);
        table[length] = {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(extra_bits),
                         static_cast<std::uint16_t>(value & ((1U << extra_bits) - 1))};
    }
    table[kMaxMatch] = {285, 0, 0};
    return table;
}();

// Distances 1 to 32768 are codes 0 to 29, two to each number of extra bits.
[[nodiscard]] constexpr Coded coded_distance(std::size_t distance) {
    const auto value = static_cast<std::uint32_t>(distance - 1);
    const int extra_bits = value < 4 ? 0 : static_cast<int>(std::bit_width(value)) - 2;
    return {static_cast<std::uint16_t>(2 * static_cast<std::uint32_t>(extra_bits) +
                                       (value >> extra_bits)),
            static_cast<std::uint8_t>(extra_bits),
            static_cast<std::uint16_t>(value & ((1U << extra_bits) - 1))};
}

}  // namespace qr
