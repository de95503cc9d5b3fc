#include "qr/pdf_drawing.hpp"

#include "qr/lettering.hpp"
#include "qr/vector_text.hpp"

namespace qr {
namespace {

void append_grid(std::string& content, const Grid& grid, int module, const PagePlace& place) {
    content += "q ";
    append_module_matrix(content, module, place.left, place.top, place.page_height);
    content += " cm\n";
    append_boxes(content, grid, "re");
    content += "f Q\n";
}

}  // namespace

void append_pdf_scale(std::string& content, const Style& style) {
    if (!style.dpi) return;
    append_decimal(content, points_per_pixel(style));
    content += " 0 0 ";
    append_decimal(content, points_per_pixel(style));
    content += " 0 0 cm\n";
}

void append_pdf_drawing(std::string& content,
                        const Symbol& symbol,
                        const Style& style,
                        const Layout& layout,
                        const PagePlace& place) {
    const auto& [left, top, page_height] = place;
    if (!style.bg.transparent) {
        append_rgb(content, style.bg);
        content += "rg\n" + std::to_string(left) + ' ' +
                   std::to_string(page_height - top - style.height) + ' ' +
                   std::to_string(style.width) + ' ' + std::to_string(style.height) + " re f\n";
    }
    append_rgb(content, style.fg);
    content += "rg\n";
    append_grid(content, symbol, layout.module,
                {left + layout.left, top + layout.top, page_height});
    if (layout.dot > 0)
        append_grid(content, letter(style.caption), layout.dot,
                    {left + layout.caption_left, top + layout.caption_top, page_height});
}

}  // namespace qr
