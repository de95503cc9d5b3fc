#include "qr/geometry.hpp"

#include <algorithm>
#include <string>

namespace qr {
namespace {

int module_size(int side, int modules, const Style& style) {
    if (style.margin) return side / (modules + 2 * *style.margin);
    const int size = side / (modules + 2 * kBorder);
    return size >= kSmallModule ? size : side / (modules + 2 * kSmallBorder);
}

Problem too_small(int modules, const Style& style) {
    const std::string name = style.width <= style.height ? "w" : "h";
    const int least = modules + 2 * style.margin.value_or(kSmallBorder);
    if (least > kMaxSize)
        return {"margin", "margin is too large: " + std::to_string(least) +
                              " pixels would be needed, and " + std::to_string(kMaxSize) +
                              " is the most"};
    return {name, name + " must be from " + std::to_string(least) + " to " +
                      std::to_string(kMaxSize) + " for this code of " + std::to_string(modules) +
                      " x " + std::to_string(modules) + " modules"};
}

}  // namespace

Result<Layout> layout(int modules, const Style& style) {
    for (const auto& [name, size] : {std::pair{"w", style.width}, {"h", style.height}})
        if (size < 1 || size > kMaxSize)
            return Problem{name,
                           std::string(name) + " must be from 1 to " + std::to_string(kMaxSize)};
    const int module = module_size(std::min(style.width, style.height), modules, style);
    if (module < 1) return too_small(modules, style);
    return Layout{module, (style.width - modules * module) / 2,
                  (style.height - modules * module) / 2};
}

}  // namespace qr
