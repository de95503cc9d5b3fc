#include "qr/style.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace qr {
namespace {

Problem problem(std::string_view parameter, std::string_view rest) {
    return {std::string(parameter), std::string(parameter) + ' ' + std::string(rest)};
}

Result<int> parse_int(std::string_view name, std::string_view value, int low, int high) {
    int number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, failure] = std::from_chars(value.data(), end, number);
    if (failure != std::errc{} || stop != end || number < low || number > high)
        return problem(name, "must be a whole number from " + std::to_string(low) + " to " +
                                 std::to_string(high));
    return number;
}

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

// WCAG 2.1, "relative luminance": 0 (black) to 1 (white).
double luminance(const Color& color) {
    const auto linear = [](std::uint8_t channel) {
        const double c = channel / 255.0;
        return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

}  // namespace

double contrast(const Color& a, const Color& b) {
    const auto [dark, light] = std::minmax({luminance(a), luminance(b)});
    return (light + 0.05) / (dark + 0.05);
}

Result<void> check_colors(const Color& fg, const Color& bg) {
    if (fg == kBlack && bg == kWhite) return {};
    const std::string_view name = fg == kBlack ? "bg" : "fg";
    const double ratio = contrast(fg, bg);
    std::array<char, 32> text{};
    // Rounded down, so that a refusal never reads as the floor itself.
    std::snprintf(text.data(), text.size(), "%.1f:1", std::floor(ratio * 10) / 10);
    if (ratio < kMinContrast)
        return problem(name, "gives a contrast of " + std::string(text.data()) +
                                 "; scanners need at least 3:1 between fg and bg");
    if (luminance(fg) > luminance(bg))
        return problem(name,
                       "makes a light code on a dark ground (contrast " + std::string(text.data()) +
                           "), which most scanners cannot read; fg must be the darker colour");
    return {};
}

namespace {

// Takes one parameter into the style; true when the name is known.
Result<bool> take(Style& style, const Parameter& parameter) {
    const auto& [name, value] = parameter;
    if (name == "w" || name == "h") {
        const auto size = parse_int(name, value, 1, kMaxSize);
        if (!size) return size.error();
        (name == "w" ? style.width : style.height) = *size;
    } else if (name == "ecc") {
        const auto level = parse_level(name, value);
        if (!level) return level.error();
        style.level = *level;
    } else if (name == "margin") {
        const auto margin = parse_int(name, value, 0, kMaxMargin);
        if (!margin) return margin.error();
        style.margin = *margin;
    } else if (name == "fg" || name == "bg") {
        const auto color = parse_color(name, value, name == "bg");
        if (!color) return color.error();
        (name == "fg" ? style.fg : style.bg) = *color;
    } else {
        return false;
    }
    return true;
}

}  // namespace

Result<Style> parse_style(std::span<const Parameter> parameters) {
    constexpr std::size_t max_name_shown = 40;
    Style style;
    style.width = 0;
    style.height = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto name = parameters[i].first;
        const auto known = take(style, parameters[i]);
        if (!known) return known.error();
        if (!*known)
            return problem(name.substr(0, max_name_shown), "is not a parameter of a QR code");
        const auto same_name = [&](const Parameter& other) { return other.first == name; };
        if (std::any_of(parameters.begin(), parameters.begin() + static_cast<long>(i), same_name))
            return problem(name, "is given more than once");
    }
    if (style.width == 0) style.width = style.height != 0 ? style.height : kDefaultSize;
    if (style.height == 0) style.height = style.width;
    if (const auto colors = check_colors(style.fg, style.bg); !colors) return colors.error();
    return style;
}

}  // namespace qr
