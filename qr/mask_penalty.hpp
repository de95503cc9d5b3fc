// Mask penalty: how badly each of the eight masked forms of a symbol suits a scanner.
// Shape:   eight grids side by side, one per lane of a vector: an operation on a row acts on all
//          eight. Units:   a row is a Word, bit x is column x, set for dark; bits from the width
//          upwards are clear. Threads: pure function. Source:  ISO/IEC 18004:2015 7.8.3.1. Modules
//          outside the symbol count as light, and a finder-like run with light modules on both
//          sides counts once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace qr {

// Word is std::uint32_t for symbols of up to 32 modules, std::uint64_t for up to 64.
template <class Word>
struct EightGrids {
    static constexpr int kMaxWidth = 8 * sizeof(Word);
    typedef Word Lanes __attribute__((vector_size(8 * sizeof(Word))));

    int width = 0;
    Lanes rows[kMaxWidth];  // only the first `width` are read; lane m holds mask m
};

// Penalty points of each lane; the lowest is the best.
template <class Word>
[[nodiscard]] std::array<int, 8> mask_penalties(const EightGrids<Word>& grids);

extern template std::array<int, 8> mask_penalties(const EightGrids<std::uint32_t>&);
extern template std::array<int, 8> mask_penalties(const EightGrids<std::uint64_t>&);

}  // namespace qr
