#include "qr/patterns.hpp"

#include "qr/payload.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace qr {
namespace {

constexpr int kTimingLine = 6;  // the row and the column of the timing patterns
constexpr int kFormatLine = 8;  // the row and the column of the format information
constexpr int kFinder = 7;      // modules along one side of a finder pattern

// Distance from a centre in king's moves: rings of a finder or alignment pattern share it.
int ring(Module module, int center_x, int center_y) {
    return std::max(std::abs(module.x - center_x), std::abs(module.y - center_y));
}

bool in_alignment(int version, Module module) {
    const int center = symbol_width(version) - kFinder;
    return version >= 2 && ring(module, center, center) <= 2;
}

// Finders with their separators, and the format information beside them: squares in three corners.
bool in_corner(int width, Module module) {
    const bool left = module.x <= kFormatLine;
    const bool top = module.y <= kFormatLine;
    const bool right = module.x >= width - kFormatLine;
    const bool bottom = module.y >= width - kFormatLine;
    return (left && top) || (right && top) || (left && bottom);
}

bool pattern_is_dark(int version, Module module) {
    const int width = symbol_width(version);
    const int far = width - 1 - kFinder / 2;
    for (const auto& [x, y] : {Module{3, 3}, {far, 3}, {3, far}}) {
        const int distance = ring(module, x, y);
        if (distance <= kFinder / 2) return distance != 2;
        if (distance == kFinder / 2 + 1) return false;  // separator
    }
    if (in_alignment(version, module)) return ring(module, width - kFinder, width - kFinder) != 1;
    if (module.y == kTimingLine) return module.x % 2 == 0;
    if (module.x == kTimingLine) return module.y % 2 == 0;
    return false;
}

// Level and mask in five bits, protected by ten bits of a BCH code, and never all light (7.9.1).
std::uint32_t format_bits(Level level, int mask) {
    constexpr std::array<std::uint32_t, 4> indicator{1, 0, 3, 2};
    const std::uint32_t data =
        indicator[static_cast<std::size_t>(level)] << 3 | static_cast<std::uint32_t>(mask);
    std::uint32_t remainder = data;
    for (int i = 0; i < 10; ++i)
        remainder = remainder << 1 ^ (remainder >> 9) * 0x537;
    return (data << 10 | remainder) ^ 0x5412;
}

// Where bit `i` (0 the least significant, 14) lies: once around the top left finder, once in two
// parts beside the other two (Figure 25).
std::array<Module, 2> format_modules(int width, int i) {
    const Module split =
        i < 8 ? Module{width - 1 - i, kFormatLine} : Module{kFormatLine, width - 15 + i};
    if (i < 6) return {Module{kFormatLine, i}, split};
    if (i < 8) return {Module{kFormatLine, i + 1}, split};
    if (i == 8) return {Module{7, kFormatLine}, split};
    return {Module{14 - i, kFormatLine}, split};
}

}  // namespace

Symbol fixed_patterns(int version, Level level, int mask) {
    const int width = symbol_width(version);
    Symbol symbol(width, width);
    for (int y = 0; y < width; ++y)
        for (int x = 0; x < width; ++x)
            if (pattern_is_dark(version, {x, y})) symbol.set_dark(x, y);
    const std::uint32_t format = format_bits(level, mask);
    for (int i = 0; i < 15; ++i)
        if ((format >> i & 1) != 0)
            for (const auto& [x, y] : format_modules(width, i))
                symbol.set_dark(x, y);
    symbol.set_dark(kFormatLine, width - kFormatLine);
    return symbol;
}

std::vector<Module> data_modules(int version) {
    const int width = symbol_width(version);
    std::vector<Module> modules;
    bool upwards = true;
    // Pairs of columns from the right, skipping the timing column; the right one of a pair comes
    // first.
    for (int right = width - 1; right > 0; right -= right == kTimingLine + 2 ? 3 : 2) {
        for (int step = 0; step < width; ++step)
            for (const int x : {right, right - 1}) {
                const Module module{x, upwards ? width - 1 - step : step};
                const bool fixed = in_corner(width, module) || in_alignment(version, module) ||
                                   module.y == kTimingLine;
                if (!fixed) modules.push_back(module);
            }
        upwards = !upwards;
    }
    return modules;
}

bool inverts(int mask, Module module) {
    const auto [x, y] = module;
    switch (mask) {
        case 0:
            return (x + y) % 2 == 0;
        case 1:
            return y % 2 == 0;
        case 2:
            return x % 3 == 0;
        case 3:
            return (x + y) % 3 == 0;
        case 4:
            return (x / 3 + y / 2) % 2 == 0;
        case 5:
            return x * y % 2 + x * y % 3 == 0;
        case 6:
            return (x * y % 2 + x * y % 3) % 2 == 0;
        default:
            return ((x + y) % 2 + x * y % 3) % 2 == 0;
    }
}

}  // namespace qr
