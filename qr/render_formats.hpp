// The writers behind render(), one per format. Each appends a whole file for a layout that is known
// to fit.
#pragma once

#include "qr/geometry.hpp"
#include "qr/style.hpp"
#include "qr/symbol.hpp"

#include <string>

namespace qr {

void render_png(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out);
// For styles with a logo: true colour, with alpha where the background is transparent.
void render_png_with_logo(const Symbol& symbol,
                          const Style& style,
                          const Layout& layout,
                          std::string& out);

void render_svg(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out);
void render_pdf(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out);
void render_eps(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out);

}  // namespace qr
