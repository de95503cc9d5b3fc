// EPS (Encapsulated PostScript 3.0, language level 2 for the colours of a logo): the same boxes as
// the PDF, for print software that takes nothing newer.
#include "qr/lettering.hpp"
#include "qr/logo_files.hpp"
#include "qr/render_formats.hpp"
#include "qr/vector_text.hpp"

#include <cmath>

namespace qr {
namespace {

// Adds a rectangle "x y width height" to the path.
constexpr std::string_view kBoxProcedure =
    "/b{4 2 roll moveto 1 index 0 rlineto 0 exch rlineto neg 0 rlineto closepath}bind def\n";

void append_grid(std::string& out, const Grid& grid, int module, int left, int top, int height) {
    out += "gsave [";
    append_module_matrix(out, module, left, top, height);
    out += "] concat newpath\n";
    append_boxes(out, grid, "b");
    out += "fill grestore\n";
}

// PostScript knows no alpha: the picture lies on the background, or on white paper.
void append_logo(std::string& out, const LogoPlace& place, const Style& style) {
    const std::string width = std::to_string(style.logo->width());
    const std::string height = std::to_string(style.logo->height());
    out += "gsave " + std::to_string(place.left) + ' ' +
           std::to_string(style.height - place.top - place.height) + " translate " +
           std::to_string(place.width) + ' ' + std::to_string(place.height) + " scale\n/line " +
           width + " 3 mul string def\n" + width + ' ' + height + " 8 [" + width + " 0 0 -" +
           height + " 0 " + height + "] {currentfile line readhexstring pop} false 3 colorimage\n";
    append_hex_colors(out, *style.logo, style.bg);
    out += "grestore\n";
}

void append_head(std::string& out, double width, double height) {
    out += "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 ";
    append_decimal(out, std::ceil(width));
    out += ' ';
    append_decimal(out, std::ceil(height));
    out += "\n%%HiResBoundingBox: 0 0 ";
    append_decimal(out, width);
    out += ' ';
    append_decimal(out, height);
    out += "\n%%LanguageLevel: 2\n%%EndComments\n";
}

}  // namespace

void render_eps(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out) {
    const double scale = points_per_pixel(style);
    append_head(out, style.width * scale, style.height * scale);
    out += kBoxProcedure;
    out += "gsave ";
    append_decimal(out, scale);
    out += " dup scale\n";
    if (!style.bg.transparent) {
        append_rgb(out, style.bg);
        out += "setrgbcolor newpath 0 0 " + std::to_string(style.width) + ' ' +
               std::to_string(style.height) + " b fill\n";
    }
    append_rgb(out, style.fg);
    out += "setrgbcolor\n";
    append_grid(out, symbol, layout.module, layout.left, layout.top, style.height);
    if (layout.dot > 0)
        append_grid(out, letter(style.caption), layout.dot, layout.caption_left, layout.caption_top,
                    style.height);
    if (style.logo) append_logo(out, logo_place(layout, symbol.width(), *style.logo), style);
    out += "grestore\nshowpage\n%%EOF\n";
}

}  // namespace qr
