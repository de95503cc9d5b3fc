// PDF of one page, one path for the symbol and one for its caption. Nothing is compressed: the file
// stays near 2 KB and takes a few microseconds.
#include "qr/pdf_drawing.hpp"
#include "qr/pdf_writer.hpp"
#include "qr/render_formats.hpp"
#include "qr/vector_text.hpp"

namespace qr {

void render_pdf(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out) {
    std::string page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 ";
    append_decimal(page, style.width * points_per_pixel(style));
    page += ' ';
    append_decimal(page, style.height * points_per_pixel(style));
    page += "]/Resources" + pdf_resources(style, 5) + "/Contents 4 0 R>>";
    std::string content;
    content.reserve(4096);
    append_pdf_scale(content, style);
    append_pdf_drawing(content, symbol, style, layout, {0, 0, style.height});
    PdfWriter writer(out);
    writer.object(1, "<</Type/Catalog/Pages 2 0 R>>", out);
    writer.object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>", out);
    writer.object(3, page, out);
    writer.stream(4, content, out);
    (void)write_pdf_logo(writer, style, 5, out);
    writer.finish(1, out);
}

}  // namespace qr
