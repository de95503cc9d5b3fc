// Boxes: the dark modules of a symbol as few rectangles, for the vector formats.
// Shape:   runs of dark modules along a row; equal runs in rows that follow each other are one box.
// Boxes do
//          not overlap, cover every dark module once and no light one, and come in a fixed order.
// Units:   modules, from the left and the top of the symbol.
// Threads: pure function.
#pragma once

#include "qr/symbol.hpp"

#include <cstdint>
#include <vector>

namespace qr {

// A symbol is at most 177 modules wide, so a byte holds any coordinate.
struct Box {
    std::uint8_t x;
    std::uint8_t y;
    std::uint8_t width;
    std::uint8_t height;

    bool operator==(const Box&) const = default;
};

[[nodiscard]] std::vector<Box> boxes_of(const Symbol& symbol);

}  // namespace qr
