#include "qr/sheet.hpp"

#include <algorithm>
#include <array>

namespace qr {
namespace {

constexpr double kPageBorder = 10;  // mm on each side, where labels share the page
constexpr int kMostAcross = 50;     // labels across or down a page
constexpr int kLeastLabel = 5;      // mm
constexpr int kMostLabel = 200;
constexpr int kMostGap = 100;
constexpr double kRounding = 0.01;  // mm by which labels may exceed the page

// Product numbers are the makers'; their sizes leave equal borders, as ours do.
constexpr std::array<SheetPreset, 4> kPresets{{
    {"L7160", {210, 297, 3, 7, 63.5, 38.1, 2.5, 0}},
    {"L7163", {210, 297, 2, 7, 99.1, 38.1, 2.5, 0}},
    {"L7651", {210, 297, 5, 13, 38.1, 21.2, 2.5, 0}},
    {"5160", {215.9, 279.4, 3, 10, 66.675, 25.4, 3.175, 0}},
}};

struct PageSize {
    double width;
    double height;
};

Result<PageSize> parse_page(std::string_view name, std::string_view value) {
    if (value == "a4") return PageSize{210, 297};
    if (value == "letter") return PageSize{215.9, 279.4};
    return problem(name, "must be a4 or letter");
}

Result<SheetLayout> parse_preset(std::string_view name, std::string_view value) {
    std::string names;
    for (const SheetPreset& preset : kPresets) {
        if (preset.name == value) return preset.layout;
        names.append(names.empty() ? "" : ", ").append(preset.name);
    }
    return problem(name, "must be one of " + names);
}

Result<double> parse_millimetres(std::string_view name, std::string_view value, int low, int high) {
    const auto hundredths = parse_hundredths(value);
    if (!hundredths || *hundredths < low * 100 || *hundredths > high * 100)
        return problem(name, "must be from " + std::to_string(low) + " to " + std::to_string(high) +
                                 " mm, with at most two decimals");
    return *hundredths / 100.0;
}

// An equal share of what the page has for labels.
double share(double page, int count, double gap) {
    return std::min((page - 2 * kPageBorder - (count - 1) * gap) / count, double{kMostLabel});
}

Result<void> check_fit(std::string_view name, double page, int count, double label, double gap) {
    if (label < kLeastLabel) return problem(name, "leaves labels of less than 5 mm");
    if (count * label + (count - 1) * gap > page + kRounding)
        return problem(name, "is more than the page holds with labels and gaps of this size");
    return {};
}

}  // namespace

std::span<const SheetPreset> sheet_presets() {
    return kPresets;
}

Result<SheetLayout> parse_sheet(std::span<const Parameter> parameters) {
    SheetLayout layout;
    PageSize page{layout.page_width, layout.page_height};
    Taker taker(parameters, kSheetParameters, "a sheet");
    taker.take("preset", layout, parse_preset);
    if (taker.refused()) return *taker.refused();
    if (taker.has("preset")) {
        if (parameters.size() == 1) return layout;
        return problem("preset", "is a whole layout: nothing else may be given with it");
    }
    taker.take("page", page, parse_page)
        .take("columns", layout.columns, parse_int, 1, kMostAcross)
        .take("rows", layout.rows, parse_int, 1, kMostAcross)
        .take("gap_x", layout.gap_x, parse_millimetres, 0, kMostGap)
        .take("gap_y", layout.gap_y, parse_millimetres, 0, kMostGap);
    layout.page_width = page.width;
    layout.page_height = page.height;
    layout.label_width = share(page.width, layout.columns, layout.gap_x);
    layout.label_height = share(page.height, layout.rows, layout.gap_y);
    taker.take("label_w", layout.label_width, parse_millimetres, kLeastLabel, kMostLabel)
        .take("label_h", layout.label_height, parse_millimetres, kLeastLabel, kMostLabel);
    if (taker.refused()) return *taker.refused();
    const auto across =
        check_fit("columns", page.width, layout.columns, layout.label_width, layout.gap_x);
    if (!across) return across.error();
    const auto down =
        check_fit("rows", page.height, layout.rows, layout.label_height, layout.gap_y);
    if (!down) return down.error();
    return layout;
}

}  // namespace qr
