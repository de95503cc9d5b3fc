// PDF of one page, one path for the symbol and one for its caption. Nothing is compressed: the file
// stays near 2 KB and takes a few microseconds.
#include "qr/lettering.hpp"
#include "qr/pdf_writer.hpp"
#include "qr/render_formats.hpp"
#include "qr/vector_text.hpp"

namespace qr {
namespace {

void append_grid(
    std::string& content, const Grid& grid, int module, int left, int top, int height) {
    content += "q ";
    append_module_matrix(content, module, left, top, height);
    content += " cm\n";
    append_boxes(content, grid, "re");
    content += "f Q\n";
}

std::string page_content(const Symbol& symbol, const Style& style, const Layout& layout) {
    std::string content;
    content.reserve(4096);
    if (style.dpi) {
        append_decimal(content, points_per_pixel(style));
        content += " 0 0 ";
        append_decimal(content, points_per_pixel(style));
        content += " 0 0 cm\n";
    }
    if (!style.bg.transparent) {
        append_rgb(content, style.bg);
        content += "rg\n0 0 " + std::to_string(style.width) + ' ' + std::to_string(style.height) +
                   " re f\n";
    }
    append_rgb(content, style.fg);
    content += "rg\n";
    append_grid(content, symbol, layout.module, layout.left, layout.top, style.height);
    if (layout.dot > 0)
        append_grid(content, letter(style.caption), layout.dot, layout.caption_left,
                    layout.caption_top, style.height);
    return content;
}

}  // namespace

void render_pdf(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out) {
    std::string page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 ";
    append_decimal(page, style.width * points_per_pixel(style));
    page += ' ';
    append_decimal(page, style.height * points_per_pixel(style));
    page += "]/Resources<<>>/Contents 4 0 R>>";
    PdfWriter writer(out);
    writer.object(1, "<</Type/Catalog/Pages 2 0 R>>", out);
    writer.object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>", out);
    writer.object(3, page, out);
    writer.stream(4, page_content(symbol, style, layout), out);
    writer.finish(1, out);
}

}  // namespace qr
