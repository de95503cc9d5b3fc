// Payload: the shortest way to write a text into a QR code symbol.
// Shape:   a text of 1 to kMaxText bytes is cut into segments of three modes; digits cost 10/3 bits
//          each in numeric mode, the 45 characters 0-9 A-Z space $%*+-./: 5.5 bits in alphanumeric
//          mode, and any byte 8 bits in byte mode. Each segment also costs a header of 12 to 20
//          bits, so the best cut is found by dynamic programming, not by looking at characters one
//          at a time.
// Units:   bits count mode indicators, length fields and data, not the terminator.
// Threads: pure functions.
// Source:  ISO/IEC 18004:2015 7.4 (modes, length fields of Table 3), Table 7 (capacities).
#pragma once

#include "qr/problem.hpp"
#include "qr/style.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace qr {

enum class Mode : std::uint8_t { numeric, alphanumeric, byte };

// A run of the text, in characters.
struct Segment {
    Mode mode;
    std::size_t begin;
    std::size_t length;

    bool operator==(const Segment&) const = default;
};

struct Payload {
    int version;       // 1 to 40: the smallest that holds the text at its level
    std::size_t bits;  // what the segments take, at most data_bits(version, level)
    std::vector<Segment>
        segments;  // in the order of the text, none empty; no other cut takes fewer bits
};

inline constexpr int kMaxVersion = 40;
inline constexpr std::size_t kMaxText = 7089;  // digits in version 40-L

// Modules along one side of a symbol: 21 for version 1 to 177 for version 40.
[[nodiscard]] constexpr int symbol_width(int version) {
    return 17 + 4 * version;
}

// Value of a character in alphanumeric mode (0 to 44), or -1.
[[nodiscard]] int alphanumeric_value(char c);

// Bits of the length field of a segment: 8 to 16.
[[nodiscard]] int length_bits(Mode mode, int version);

// Bits that a symbol of this version (1 to 40) and level holds: 72 to 23648.
[[nodiscard]] std::size_t data_bits(int version, Level level);

// The best cut of the text for the smallest version that holds it; a Problem with `text` when it is
// empty or longer than version 40 holds. The segments refer to the text by offset.
[[nodiscard]] Result<Payload> plan(std::string_view text, Level level);

}  // namespace qr
