#include "qr/style.hpp"

#include "qr/lettering.hpp"

#include <array>
#include <cmath>

namespace qr {
namespace {

Result<Level> parse_level(std::string_view name, std::string_view value) {
    constexpr std::string_view letters = "LMQHlmqh";
    const auto at = value.size() == 1 ? letters.find(value[0]) : std::string_view::npos;
    if (at == std::string_view::npos) return problem(name, "must be L, M, Q or H");
    return static_cast<Level>(at % 4);
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Result<Color> parse_color(std::string_view name, std::string_view value, bool may_be_transparent) {
    if (may_be_transparent && value == "transparent") return Color{255, 255, 255, true};
    if (value.starts_with('#')) value.remove_prefix(1);
    const bool is_short = value.size() == 3;
    bool good = is_short || value.size() == 6;
    std::array<std::uint8_t, 3> channel{};
    for (std::size_t i = 0; good && i < 3; ++i) {
        const int high = hex_digit(value[is_short ? i : 2 * i]);
        const int low = is_short ? high : hex_digit(value[2 * i + 1]);
        good = high >= 0 && low >= 0;
        if (good) channel[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    if (!good)
        return problem(name, may_be_transparent
                                 ? "must be a colour as rgb or rrggbb in hex, or transparent"
                                 : "must be a colour as rgb or rrggbb in hex");
    return Color{channel[0], channel[1], channel[2]};
}

Result<Unit> parse_unit(std::string_view name, std::string_view value) {
    if (value == "px") return Unit::px;
    if (value == "mm") return Unit::mm;
    return problem(name, "must be px or mm");
}

Result<int> parse_size(std::string_view name, std::string_view value, const Style& style) {
    if (style.unit == Unit::px) return parse_int(name, value, 1, kMaxSize);
    const auto hundredths = parse_hundredths(value);
    if (!hundredths) return problem(name, "must be millimetres with up to 2 decimals");
    const int pixels = static_cast<int>(std::lround(*hundredths * *style.dpi / 2540.0));
    if (pixels < 1 || pixels > kMaxDots) return size_problem(name, 1, style);
    return pixels;
}

}  // namespace

Problem size_problem(std::string_view name, int least, const Style& style) {
    const int most = most_pixels(style);
    std::string range = std::to_string(least) + " to " + std::to_string(most);
    if (style.unit == Unit::mm) {
        const int dpi = style.dpi.value_or(kDefaultDpi);
        const auto tenths = [](int n) {
            return std::to_string(n / 10) + '.' + std::to_string(n % 10);
        };
        range = tenths((least * 254 + dpi - 1) / dpi) + " to " + tenths(most * 254 / dpi) +
                " mm at " + std::to_string(dpi) + " dpi";
    }
    return problem(name, "must be from " + range);
}

Result<Style> parse_style(std::span<const Parameter> parameters, std::string_view id) {
    Style style;
    bool captioned = false;
    Taker taker(parameters, kStyleParameters, "a QR code");
    taker.take("unit", style.unit, parse_unit).take("dpi", style.dpi, parse_int, kMinDpi, kMaxDpi);
    if (style.unit == Unit::mm && !style.dpi) style.dpi = kDefaultDpi;
    taker.take("w", style.width, parse_size, style)
        .take("h", style.height, parse_size, style)
        .take("ecc", style.level, parse_level)
        .take("margin", style.margin, parse_int, 0, kMaxMargin)
        .take("fg", style.fg, parse_color, false)
        .take("bg", style.bg, parse_color, true)
        .take("caption", captioned, parse_switch);
    if (taker.refused()) return *taker.refused();
    const bool has_width = taker.has("w");
    const bool has_height = taker.has("h");
    if (style.unit == Unit::mm && !has_width && !has_height)
        return problem("unit", "mm needs w or h");
    if (!has_width && has_height) style.width = style.height;
    if (!has_height && has_width) style.height = style.width;
    if (captioned) {
        style.caption = id;
        if (const auto done = check_caption(id); !done) return done.error();
    }
    if (const auto done = check_colors(style.fg, style.bg); !done) return done.error();
    return style;
}

}  // namespace qr
