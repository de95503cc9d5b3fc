// Style: everything a caller may choose about a QR code image, and the parser of its parameters.
// Shape:   plain values; a default Style is the service's standard image (95 x 95, level Q, black
// on white). Units:   width and height are pixels (PDF, EPS and SVG: the same units), margin is
// modules. Errors:  values that no image can have are a Problem naming the parameter. What depends
// on the symbol
//          (is the image large enough?) is checked by layout() in geometry.hpp.
// Threads: pure functions.
// Source:  contrast as WCAG 2.1 "relative luminance"; levels as ISO/IEC 18004:2015 6.5.1.
#pragma once

#include "qr/problem.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace qr {

// Error correction: the share of codewords that may be unreadable is about 7, 15, 25 and 30 per
// cent.
enum class Level : std::uint8_t { l, m, q, h };

enum class Format : std::uint8_t { png, svg, pdf };

// sRGB, each channel 0 to 255. Only a background may be transparent; its channels then stand for
// the paper that contrast is reckoned against.
struct Color {
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;
    bool transparent = false;

    bool operator==(const Color&) const = default;
};

inline constexpr Color kBlack{};
inline constexpr Color kWhite{255, 255, 255};
inline constexpr int kDefaultSize = 95;
inline constexpr int kMaxSize = 800;
inline constexpr int kMaxMargin = 100;
inline constexpr double kMinContrast = 3.0;

struct Style {
    int width = kDefaultSize;   // 1 to kMaxSize
    int height = kDefaultSize;  // 1 to kMaxSize
    Level level = Level::q;
    std::optional<int>
        margin;  // least border in modules, 0 to kMaxMargin; none: 4, or 3 in small images
    Color fg = kBlack;
    Color bg = kWhite;

    bool operator==(const Style&) const = default;
};

// One parameter as it came: name and decoded value.
using Parameter = std::pair<std::string_view, std::string_view>;

// The style that the parameters ask for. Names: `w`, `h` (one alone sets both), `ecc` (L, M, Q, H
// in either case), `margin`, `fg`, `bg` (rgb or rrggbb in hex, a leading '#' allowed; bg also
// `transparent`). An unknown or repeated name, a malformed value, contrast below kMinContrast and a
// foreground lighter than its background are Problems.
[[nodiscard]] Result<Style> parse_style(std::span<const Parameter> parameters);

// WCAG contrast ratio of two colours, 1 to 21, whichever is the lighter.
[[nodiscard]] double contrast(const Color& a, const Color& b);

// Whether scanners can be expected to tell fg from bg; the Problem names `fg` unless only bg was
// chosen.
[[nodiscard]] Result<void> check_colors(const Color& fg, const Color& bg);

}  // namespace qr
