// Logo files: the logo's picture as the vector formats embed it.
// Threads: pure functions.
#pragma once

#include "qr/logo.hpp"
#include "qr/style.hpp"

#include <string>

namespace qr {

// A PNG of 32 bits per pixel, in base64, for a data URL.
void append_base64_png(std::string& out, const Logo& logo);

// zlib streams of the colours and of the alpha, for PDF.
[[nodiscard]] std::string deflated_colors(const Logo& logo);
[[nodiscard]] std::string deflated_alpha(const Logo& logo);

// Hexadecimal colours over a background, for PostScript.
void append_hex_colors(std::string& out, const Logo& logo, const Color& background);

}  // namespace qr
