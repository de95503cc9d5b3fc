// SVG 1.1 as one path of rectangles in module units: one path is painted in one pass, so no
// hairline of background shows between modules at any zoom.
#include "qr/boxes.hpp"
#include "qr/number_text.hpp"
#include "qr/render_formats.hpp"

namespace qr {
namespace {

void append_color(std::string& out, const Color& color) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '#';
    for (const int channel : {color.red, color.green, color.blue}) {
        out += digits[static_cast<std::size_t>(channel >> 4)];
        out += digits[static_cast<std::size_t>(channel & 15)];
    }
}

void append_box(std::string& out, const Box& box) {
    out += 'M';
    append_number(out, box.x);
    out += ' ';
    append_number(out, box.y);
    out += 'h';
    append_number(out, box.width);
    out += 'v';
    append_number(out, box.height);
    out += 'h';
    append_number(out, -box.width);
    out += 'z';
}

}  // namespace

void render_svg(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out) {
    const std::string width = std::to_string(style.width);
    const std::string height = std::to_string(style.height);
    out += "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height +
           "\" viewBox=\"0 0 " + width + ' ' + height + "\" shape-rendering=\"crispEdges\">";
    if (!style.bg.transparent) {
        out += "<path fill=\"";
        append_color(out, style.bg);
        out += "\" d=\"M0 0h" + width + 'v' + height + "H0z\"/>";
    }
    out += "<path fill=\"";
    append_color(out, style.fg);
    out += "\" transform=\"translate(" + std::to_string(layout.left) + ' ' +
           std::to_string(layout.top) + ")scale(" + std::to_string(layout.module) + ")\" d=\"";
    for (const Box& box : boxes_of(symbol))
        append_box(out, box);
    out += "\"/></svg>\n";
}

}  // namespace qr
