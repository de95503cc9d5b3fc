// PDF drawing: the operators that paint one code, on a page of its own or among others.
// Units:   pixels of the style, scaled to points by append_pdf_scale() once per page.
// Threads: pure functions.
#pragma once

#include "qr/geometry.hpp"
#include "qr/pdf_writer.hpp"
#include "qr/style.hpp"
#include "qr/symbol.hpp"

#include <cstddef>
#include <string>

namespace qr {

// Where the image's upper left corner lies on a page whose y axis points up.
struct PagePlace {
    int left;
    int top;
    int page_height;
};

void append_pdf_scale(std::string& content, const Style& style);

// Background unless it is transparent, symbol, and caption and logo if there are any.
void append_pdf_drawing(std::string& content,
                        const Symbol& symbol,
                        const Style& style,
                        const Layout& layout,
                        const PagePlace& place);

// The resources that these operators need, as a dictionary: a logo is object `logo`.
[[nodiscard]] std::string pdf_resources(const Style& style, std::size_t logo);

// Writes the style's logo as objects `number` and `number` + 1, if it has one; answers the next
// number.
[[nodiscard]] std::size_t write_pdf_logo(PdfWriter& writer,
                                         const Style& style,
                                         std::size_t number,
                                         std::string& out);

}  // namespace qr
