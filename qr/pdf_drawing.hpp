// PDF drawing: the operators that paint one code, on a page of its own or among others.
// Units:   pixels of the style, scaled to points by append_pdf_scale() once per page.
// Threads: pure functions.
#pragma once

#include "qr/geometry.hpp"
#include "qr/style.hpp"
#include "qr/symbol.hpp"

#include <string>

namespace qr {

// Where the image's upper left corner lies on a page whose y axis points up.
struct PagePlace {
    int left;
    int top;
    int page_height;
};

void append_pdf_scale(std::string& content, const Style& style);

// Background unless it is transparent, symbol, and caption if there is one.
void append_pdf_drawing(std::string& content,
                        const Symbol& symbol,
                        const Style& style,
                        const Layout& layout,
                        const PagePlace& place);

}  // namespace qr
