// Reed-Solomon: the error correction codewords of one block.
// Threads: pure function.
// Source:  ISO/IEC 18004:2015 7.5.2 and annex A: arithmetic in GF(256) modulo x^8+x^4+x^3+x^2+1;
//          the generator is the product of (x - 2^i) for i from 0 to the number of correction
//          codewords less one.
#pragma once

#include <cstdint>
#include <span>

namespace qr {

// Fills `correction` (1 to 30 codewords) with the remainder of `data` divided by the generator of
// that degree.
void correct(std::span<const std::uint8_t> data, std::span<std::uint8_t> correction);

}  // namespace qr
