// Geometry: where the symbol lies in its image. The same for every format.
// Shape:   every module is the same whole number of pixels; the symbol, with its caption if it has
//          one, is centred, an odd pixel going to the right or the bottom. A caption lies below the
//          border under the symbol, its dots a whole number of pixels too.
// Errors:  an image too small for one pixel per module is a Problem naming `w` or `h`, a caption
//          wider than the image one naming `caption`.
// Threads: pure functions.
#pragma once

#include "qr/grid.hpp"
#include "qr/problem.hpp"
#include "qr/style.hpp"

namespace qr {

struct Layout {
    int module;   // pixels along one side of a module, 1 or more
    int left;     // pixels left of the symbol
    int top;      // pixels above the symbol
    int dot = 0;  // pixels along one side of a dot of the caption, 0 without one
    int caption_left = 0;
    int caption_top = 0;
    int logo =
        0;  // modules along the square in the middle that is kept for the logo, 0 without one

    bool operator==(const Layout&) const = default;
};

// Border that ISO/IEC 18004:2015 9.1 asks for, in modules. Where it would leave modules of less
// than kSmallModule pixels, a border of kSmallBorder is taken instead: a module of 3 rather than 2
// pixels (the default image: 25 modules in 95 pixels) gains readers far more than a fourth module
// of border.
inline constexpr int kBorder = 4;
inline constexpr int kSmallBorder = 3;
inline constexpr int kSmallModule = 4;

// Where the logo's picture lies: within its square, half a module from the edge, in its own
// proportions.
struct LogoPlace {
    int left;
    int top;
    int width;
    int height;
};

// Lays out a symbol of `modules` modules a side (21 to 177).
[[nodiscard]] Result<Layout> layout(int modules, const Style& style);

// `layout` is that of a symbol of `modules` modules with this logo.
[[nodiscard]] LogoPlace logo_place(const Layout& layout, int modules, const Logo& logo);

// The symbol as it is drawn: the modules under the logo's square are light.
[[nodiscard]] Grid around_logo(const Grid& symbol, const Layout& layout);

}  // namespace qr
