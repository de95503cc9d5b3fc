#include "qr/geometry.hpp"

#include "qr/lettering.hpp"

#include <algorithm>
#include <string>

namespace qr {
namespace {

// A logo's square may hide this share of the symbol's width, in hundredths: a tenth of its modules,
// of which level H restores three tenths.
constexpr int kLogoShare = 32;

constexpr int kBelowCaption = 2;  // dots between the caption and the edge of the image, at least

int border(int side, int modules, const Style& style) {
    if (style.margin) return *style.margin;
    return side / (modules + 2 * kBorder) >= kSmallModule ? kBorder : kSmallBorder;
}

int module_size(int side, int modules, const Style& style) {
    return side / (modules + 2 * border(side, modules, style));
}

Problem too_small(int modules, const Style& style) {
    const int least_width = modules + 2 * style.margin.value_or(kSmallBorder);
    const int band = style.caption.empty() ? 0 : kLetterHeight + kBelowCaption;
    const bool narrow = style.width < least_width;
    const int least = least_width + (narrow ? 0 : band);
    if (least > most_pixels(style))
        return {"margin",
                "margin is too large: the image would need " + std::to_string(least) + " pixels"};
    Problem problem = size_problem(narrow ? "w" : "h", least, style);
    const std::string side = std::to_string(modules);
    problem.message += " for this code of " + side + " x " + side + " modules";
    return problem;
}

// Lettering is as wide as the symbol where that leaves its dots at half a module or less.
int dot_size(int module, int modules, int letters_width) {
    return std::max(1, std::min(module / 2, modules * module / letters_width));
}

Result<Layout> layout_with_caption(int modules, const Style& style) {
    if (const auto caption = check_caption(style.caption); !caption) return caption.error();
    const int letters_width = lettering_width(style.caption.size());
    if (letters_width > style.width)
        return Problem{"caption", "caption of " + std::to_string(style.caption.size()) +
                                      " characters needs a width of " +
                                      std::to_string(letters_width) + " pixels or more"};
    // The caption takes height from the symbol, and its size follows the module's: the largest
    // module that leaves room for its caption.
    for (int module = module_size(std::min(style.width, style.height), modules, style); module > 0;
         --module) {
        const int dot = dot_size(module, modules, letters_width);
        const int band = dot * (kLetterHeight + kBelowCaption);
        const int side = std::min(style.width, style.height - band);
        if (side < 1 || module_size(side, modules, style) < module) continue;
        const int gap = border(side, modules, style) * module;
        const int symbol = modules * module;
        Layout place{module, (style.width - symbol) / 2, 0};
        place.top = gap + (style.height - band - symbol - 2 * gap) / 2;
        place.dot = dot;
        place.caption_left = (style.width - letters_width * dot) / 2;
        place.caption_top = place.top + symbol + gap;
        return place;
    }
    return too_small(modules, style);
}

Result<Layout> layout_without_logo(int modules, const Style& style) {
    for (const auto& [name, size] : {std::pair{"w", style.width}, {"h", style.height}})
        if (size < 1 || size > most_pixels(style)) return size_problem(name, 1, style);
    if (!style.caption.empty()) return layout_with_caption(modules, style);
    const int module = module_size(std::min(style.width, style.height), modules, style);
    if (module < 1) return too_small(modules, style);
    return Layout{module, (style.width - modules * module) / 2,
                  (style.height - modules * module) / 2};
}

}  // namespace

Result<Layout> layout(int modules, const Style& style) {
    auto place = layout_without_logo(modules, style);
    // Odd like the symbol, so that the square is centred on whole modules.
    if (place && style.logo) place->logo = (modules * kLogoShare / 100 - 1) | 1;
    return place;
}

LogoPlace logo_place(const Layout& layout, int modules, const Logo& logo) {
    const int side = std::max(1, layout.logo * layout.module - layout.module);
    const int longer = std::max(logo.width(), logo.height());
    const int width = std::max(1, side * logo.width() / longer);
    const int height = std::max(1, side * logo.height() / longer);
    const int span = modules * layout.module;
    return {layout.left + (span - width) / 2, layout.top + (span - height) / 2, width, height};
}

Grid around_logo(const Grid& symbol, const Layout& layout) {
    if (layout.logo == 0) return symbol;
    Grid grid = symbol;
    const int begin = (symbol.width() - layout.logo) / 2;
    for (int y = begin; y < begin + layout.logo; ++y)
        for (int x = begin; x < begin + layout.logo; ++x)
            grid.set_light(x, y);
    return grid;
}

}  // namespace qr
