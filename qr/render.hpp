// Render: a symbol and a style as the bytes of an image file, and the name of those bytes.
// Shape:   PNG of 1 bit per pixel (of 24 or 32 with a logo), SVG of one path, PDF of one page and
//          one path, EPS likewise. No dates, no random IDs: the same input gives the same bytes, in
//          this and any process with the same kRendererVersion.
// Errors:  those of layout() and check_colors(); nothing is appended then.
// Threads: pure functions.
#pragma once

#include "qr/problem.hpp"
#include "qr/style.hpp"
#include "qr/symbol.hpp"

#include <string>
#include <string_view>

namespace qr {

// Goes up with every change that may alter a byte of any image.
inline constexpr int kRendererVersion = 3;

// Appends the file to `out`.
[[nodiscard]] Result<void> render(const Symbol& symbol,
                                  const Style& style,
                                  Format format,
                                  std::string& out);

// Text to file in one step: encode() at level_of() the style, then render().
[[nodiscard]] Result<void> draw(std::string_view text,
                                const Style& style,
                                Format format,
                                std::string& out);

// Whether draw() would take it.
[[nodiscard]] Result<void> check_drawing(std::string_view text, const Style& style);

// "image/png" and so on, for a Content-Type.
[[nodiscard]] std::string_view media_type(Format format);

// An entity tag, quotes included (RFC 9110 8.8.3): 64 bits hashed from the renderer's version and
// all that determines the bytes. Costs no rendering.
[[nodiscard]] std::string etag(std::string_view text, const Style& style, Format format);

}  // namespace qr
