#include "qr/style.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace qr {
namespace {

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

}  // namespace qr
