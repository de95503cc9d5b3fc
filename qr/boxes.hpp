// Boxes: the dark modules of a grid as few rectangles, for the vector formats.
// Shape:   runs of dark modules along a row; equal runs in rows that follow each other are one box.
//          Boxes do not overlap, cover every dark module once and no light one, and come in a fixed
//          order.
// Units:   modules, from the left and the top of the grid.
// Threads: pure function.
#pragma once

#include "qr/grid.hpp"

#include <cstdint>
#include <vector>

namespace qr {

// Neither a symbol nor a caption has more than 255 columns, so a byte holds any coordinate.
struct Box {
    std::uint8_t x;
    std::uint8_t y;
    std::uint8_t width;
    std::uint8_t height;

    bool operator==(const Box&) const = default;
};

// `grid` has at most 255 columns and rows.
[[nodiscard]] std::vector<Box> boxes_of(const Grid& grid);

}  // namespace qr
