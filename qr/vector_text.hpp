// Vector text: numbers, colours and boxes as PDF and PostScript write them.
// Units:   a point is 1/72 inch, the unit of both languages.
// Threads: pure functions.
#pragma once

#include "qr/grid.hpp"
#include "qr/style.hpp"

#include <string>

namespace qr {

// Points along one side of a pixel: 1 unless the style says how many pixels there are to an inch.
[[nodiscard]] double points_per_pixel(const Style& style);

// A number with up to six decimals and no exponent; trailing zeros are left out.
void append_decimal(std::string& out, double number);

// Red, green and blue as shares of 1, each followed by a space.
void append_rgb(std::string& out, const Color& color);

// The dark modules as lines "x y width height <end>", in modules from the left and the top.
void append_boxes(std::string& out, const Grid& grid, std::string_view end);

// "module 0 0 -module left bottom": the matrix that makes a module the unit, counted from `left`
// and `top` pixels in an image of `height` pixels, whose y axis points up.
void append_module_matrix(std::string& out, int module, int left, int top, int height);

}  // namespace qr
