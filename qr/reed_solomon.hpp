// Reed-Solomon: division by a generator, whose remainder is a block's error correction codewords.
// Units:   a codeword is a polynomial over GF(2) modulo x^8+x^4+x^3+x^2+1, bit k for x^k.
// Threads: immutable once made.
// Source:  ISO/IEC 18004:2015 7.5.2 and annex A: the generator is the product of (x - 2^i) for i
//          from 0 to the number of correction codewords less one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace qr {

// The codeword times x.
[[nodiscard]] constexpr std::uint8_t doubled(std::uint8_t codeword) {
    return static_cast<std::uint8_t>(codeword << 1 ^ (codeword >> 7) * 0x11d);
}

class Generator {
  public:
    // Of 1 to 30 correction codewords.
    explicit Generator(std::size_t degree);

    // Takes the next data codeword into the remainder, which has `degree` codewords and begins as
    // zeros. After a block's last one it holds the correction codewords.
    void divide(std::uint8_t codeword, std::span<std::uint8_t> remainder) const;

  private:
    std::vector<std::uint8_t>
        coefficients_;  // from the second highest power down; the highest is 1
};

}  // namespace qr
