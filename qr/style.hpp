// Style: everything a caller may choose about a QR code image, and the parser of its parameters.
// Shape:   plain values; a default Style is the service's standard image (95 x 95, level Q, black
//          on white).
// Units:   width and height are pixels: the dots of a PNG, the units of a vector format. With `dpi`
//          a pixel is 1/dpi inch in every format, without it a vector unit. margin is modules.
// Errors:  values that no image can have are a Problem naming the parameter. What depends on the
//          symbol (is the image large enough?) is checked by layout() in geometry.hpp.
// Threads: pure functions.
// Source:  contrast as WCAG 2.1 "relative luminance"; levels as ISO/IEC 18004:2015 6.5.1.
#pragma once

#include "qr/logo.hpp"
#include "qr/parameters.hpp"
#include "qr/problem.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace qr {

// Error correction: about 7, 15, 25 and 30 per cent of the codewords may be unreadable.
enum class Level : std::uint8_t { l, m, q, h };

enum class Format : std::uint8_t { png, svg, pdf, eps };

// What `w` and `h` were given in; the sizes of a Style are pixels all the same.
enum class Unit : std::uint8_t { px, mm };

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
inline constexpr int kMaxSize = 800;   // pixels a side, for sizes in pixels
inline constexpr int kMaxDots = 2400;  // pixels a side, for sizes in millimetres: 203 mm at 300 dpi
inline constexpr int kMinDpi = 72;
inline constexpr int kMaxDpi = 1200;
inline constexpr int kDefaultDpi = 300;  // for sizes in millimetres
inline constexpr int kMaxMargin = 100;
inline constexpr double kMinContrast = 3.0;

struct Style {
    int width = kDefaultSize;   // 1 to kMaxSize, or to kMaxDots where unit is mm
    int height = kDefaultSize;  // likewise
    Unit unit = Unit::px;
    std::optional<int> dpi;  // kMinDpi to kMaxDpi
    Level level = Level::q;
    std::optional<int> margin;  // least border in modules, 0 to kMaxMargin; none: 4, or 3 if small
    Color fg = kBlack;
    Color bg = kWhite;
    std::string caption;               // printed under the symbol unless empty; see check_caption()
    std::shared_ptr<const Logo> logo;  // in the middle of the symbol; none: null

    bool operator==(const Style&) const = default;
};

// The level that the symbol is encoded at: the highest where a logo hides part of it.
[[nodiscard]] inline Level level_of(const Style& style) {
    return style.logo ? Level::h : style.level;
}

// The most pixels that either side may have.
[[nodiscard]] constexpr int most_pixels(const Style& style) {
    return style.unit == Unit::mm ? kMaxDots : kMaxSize;
}

// "`name` must be from `least` pixels to the most there may be", in the style's unit. Millimetres
// are rounded to tenths that are within the range.
[[nodiscard]] Problem size_problem(std::string_view name, int least, const Style& style);

// Sizes in millimetres are taken with up to two decimals and rounded to whole dots of 1/dpi inch.
inline constexpr auto kStyleParameters = std::to_array<ParameterInfo>({
    {"w", "width,w", "W", "width in pixels, 1 to 800 (default 95), or in the unit; one sets both"},
    {"h", "height,h", "H", "height, likewise"},
    {"unit", "unit", "UNIT", "px (default) or mm"},
    {"dpi", "dpi", "DPI", "72 to 1200, written to the file; 300 with mm"},
    {"ecc", "ecc", "LEVEL", "error correction: L, M, Q (default) or H"},
    {"margin", "margin", "N", "least border in modules, 0 to 100"},
    {"fg", "fg", "HEX", "colour of the modules, rgb or rrggbb"},
    {"bg", "bg", "HEX", "colour behind them, or transparent"},
    {"caption", "caption", "0|1", "1 prints the ID under the code"},
});

// The style that the parameters of that table ask for; a caption is the `id`.
// An unknown or repeated name, a malformed value, contrast below kMinContrast and a foreground
// lighter than its background are Problems.
[[nodiscard]] Result<Style> parse_style(std::span<const Parameter> parameters,
                                        std::string_view id = {});

// WCAG contrast ratio of two colours, 1 to 21, whichever is the lighter.
[[nodiscard]] double contrast(const Color& a, const Color& b);

// Whether scanners can be expected to tell fg from bg; the Problem names `fg` unless only bg was
// chosen.
[[nodiscard]] Result<void> check_colors(const Color& fg, const Color& bg);

}  // namespace qr
