// Huffman: prefix codes as deflate writes them.
// Units:   a code is read from its lowest bit, which is the order in which deflate sends it.
// Threads: pure functions.
// Source:  RFC 1951 3.2.2. Lengths by the two-queue method over sorted frequencies; where that
//          gives codes longer than allowed they are cut, and the shortest possible others made
//          longer, until they fit again.
#pragma once

#include <cstdint>
#include <span>

namespace qr {

struct Code {
    std::uint16_t bits;
    std::uint8_t length;  // 0 for symbols that do not occur
};

// Codes for symbols of these frequencies, at most 286, at least two of which occur; no code is
// longer than `max_length` (7 or 15). Both spans have the same size.
void make_codes(std::span<const std::uint32_t> frequencies, int max_length, std::span<Code> codes);

}  // namespace qr
