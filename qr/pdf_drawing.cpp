#include "qr/pdf_drawing.hpp"

#include "qr/lettering.hpp"
#include "qr/logo_files.hpp"
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
    if (!style.logo) return;
    const LogoPlace picture = logo_place(layout, symbol.width(), *style.logo);
    content += "q " + std::to_string(picture.width) + " 0 0 " + std::to_string(picture.height) +
               ' ' + std::to_string(left + picture.left) + ' ' +
               std::to_string(page_height - top - picture.top - picture.height) +
               " cm /Logo Do Q\n";
}

std::string pdf_resources(const Style& style, std::size_t logo) {
    if (!style.logo) return "<<>>";
    return "<</XObject<</Logo " + std::to_string(logo) + " 0 R>>>>";
}

std::size_t write_pdf_logo(PdfWriter& writer,
                           const Style& style,
                           std::size_t number,
                           std::string& out) {
    if (!style.logo) return number;
    const std::string head =
        "/Type/XObject/Subtype/Image/Width " + std::to_string(style.logo->width()) + "/Height " +
        std::to_string(style.logo->height()) + "/BitsPerComponent 8/Filter/FlateDecode";
    const std::string mask = std::to_string(number + 1);
    writer.stream(number, deflated_colors(*style.logo), out,
                  head + "/ColorSpace/DeviceRGB/SMask " + mask + " 0 R");
    writer.stream(number + 1, deflated_alpha(*style.logo), out, head + "/ColorSpace/DeviceGray");
    return number + 2;
}

}  // namespace qr
