// SVG 1.1 as one path of rectangles in module units: one path is painted in one pass, so no
// hairline of background shows between modules at any zoom.
#include "qr/boxes.hpp"
#include "qr/lettering.hpp"
#include "qr/logo_files.hpp"
#include "qr/render_formats.hpp"
#include "qr/text_writer.hpp"
#include "qr/vector_text.hpp"

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

constexpr std::size_t kLongestBox = std::string_view("M176 176h177v177h-177z").size();

void put_box(TextWriter& writer, const Box& box) {
    writer.put('M');
    writer.put_small(box.x);
    writer.put(' ');
    writer.put_small(box.y);
    writer.put('h');
    writer.put_small(box.width);
    writer.put('v');
    writer.put_small(box.height);
    writer.put("h-");
    writer.put_small(box.width);
    writer.put('z');
}

void append_grid(
    std::string& out, const Grid& grid, const Color& color, int module, int left, int top) {
    out += "<path fill=\"";
    append_color(out, color);
    out += "\" transform=\"translate(" + std::to_string(left) + ' ' + std::to_string(top) +
           ")scale(" + std::to_string(module) + ")\" d=\"";
    const auto boxes = boxes_of(grid);
    {
        TextWriter writer(out, boxes.size() * kLongestBox);
        for (const Box& box : boxes)
            put_box(writer, box);
    }
    out += "\"/>";
}

void append_logo(std::string& out, const LogoPlace& place, const Logo& logo) {
    out += "<image x=\"" + std::to_string(place.left) + "\" y=\"" + std::to_string(place.top) +
           "\" width=\"" + std::to_string(place.width) + "\" height=\"" +
           std::to_string(place.height) + "\" href=\"data:image/png;base64,";
    append_base64_png(out, logo);
    out += "\"/>";
}

// The size on paper where the style has one, else pixels.
void append_size(std::string& out, std::string_view name, int pixels, const Style& style) {
    out += ' ';
    out += name;
    out += "=\"";
    append_decimal(out, style.dpi ? pixels * 25.4 / *style.dpi : pixels);
    out += style.dpi ? "mm\"" : "\"";
}

}  // namespace

void render_svg(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out) {
    const std::string width = std::to_string(style.width);
    const std::string height = std::to_string(style.height);
    out += "<svg xmlns=\"http://www.w3.org/2000/svg\"";
    append_size(out, "width", style.width, style);
    append_size(out, "height", style.height, style);
    out += " viewBox=\"0 0 " + width + ' ' + height + "\" shape-rendering=\"crispEdges\">";
    if (!style.bg.transparent) {
        out += "<path fill=\"";
        append_color(out, style.bg);
        out += "\" d=\"M0 0h" + width + 'v' + height + "H0z\"/>";
    }
    append_grid(out, symbol, style.fg, layout.module, layout.left, layout.top);
    if (layout.dot > 0)
        append_grid(out, letter(style.caption), style.fg, layout.dot, layout.caption_left,
                    layout.caption_top);
    if (style.logo) append_logo(out, logo_place(layout, symbol.width(), *style.logo), *style.logo);
    out += "</svg>\n";
}

}  // namespace qr
