#include "qr/label_file.hpp"

#include "qr/lettering.hpp"
#include "qr/render.hpp"

#include <algorithm>
#include <vector>

namespace qr {
namespace {

Result<bool> parse_kind(std::string_view name, std::string_view value) {
    if (value == "pdf" || value == "zip") return value == "zip";
    return problem(name, "must be pdf or zip");
}

Result<Format> parse_format(std::string_view name, std::string_view value) {
    const auto* const found = std::ranges::find(kFormats, value, &FormatName::name);
    if (found == kFormats.end()) return problem(name, "must be png, svg, pdf or eps");
    return found->format;
}

bool is_in(std::span<const ParameterInfo> table, std::string_view name) {
    return std::ranges::find(table, name, &ParameterInfo::name) != table.end();
}

// The first parameter that the kind of file has no use for.
std::optional<Problem> find_misplaced(std::span<const Parameter> parameters, bool zip) {
    constexpr std::array<std::string_view, 4> kSizes{"w", "h", "unit", "dpi"};
    for (const auto& [name, value] : parameters) {
        if (zip && is_in(kSheetParameters, name))
            return problem(name, "is for label sheets, which are as=pdf");
        if (!zip && name == "image") return problem(name, "is for as=zip");
        if (!zip && std::ranges::find(kSizes, name) != kSizes.end())
            return problem(name, "is for as=zip: on a sheet a code is as large as its label");
    }
    return std::nullopt;
}

}  // namespace

std::string_view name_of(Format format) {
    return std::ranges::find(kFormats, format, &FormatName::format)->name;
}

std::string_view LabelOrder::media_type() const {
    return zip ? "application/zip" : qr::media_type(Format::pdf);
}

Result<LabelOrder> parse_labels(std::span<const Parameter> parameters) {
    LabelOrder order;
    Taker taker(parameters, kLabelParameters, "a file of labels");
    taker.take("as", order.zip, parse_kind)
        .take("image", order.image, parse_format)
        .take("caption", order.captioned, parse_switch);
    if (taker.refused()) return *taker.refused();
    if (auto misplaced = find_misplaced(parameters, order.zip)) return *misplaced;
    std::vector<Parameter> of_sheet;
    std::vector<Parameter> of_style;
    for (const Parameter& parameter : parameters) {
        if (is_in(kSheetParameters, parameter.first))
            of_sheet.push_back(parameter);
        else if (!is_in(kFileParameters, parameter.first) && parameter.first != "caption")
            of_style.push_back(parameter);
    }
    const auto layout = parse_sheet(of_sheet);
    if (!layout) return layout.error();
    const auto style = parse_style(of_style);
    if (!style) return style.error();
    order.layout = *layout;
    order.style = *style;
    return order;
}

LabelFile::LabelFile(const LabelOrder& order, std::string& out) : order_(order) {
    if (!order.zip) sheet_.emplace(order.layout, order.style, out);
}

Style LabelFile::style_of(std::string_view name) const {
    Style style = order_.style;
    if (order_.captioned) style.caption = name;
    return style;
}

Result<void> LabelFile::check(std::string_view text, std::string_view name) const {
    if (order_.captioned) {
        if (const auto letters = check_caption(name); !letters) return letters.error();
    }
    if (!sheet_) return check_drawing(text, style_of(name));
    return sheet_->check(text, order_.captioned ? name : std::string_view());
}

Result<void> LabelFile::add(std::string_view text, std::string_view name, std::string& out) {
    if (order_.captioned) {
        if (const auto letters = check_caption(name); !letters) return letters.error();
    }
    if (sheet_) return sheet_->add(text, order_.captioned ? name : std::string_view(), out);
    image_.clear();
    const auto drawn = draw(text, style_of(name), order_.image, image_);
    if (!drawn) return drawn.error();
    return zip_.add(std::string(name).append(".").append(name_of(order_.image)), image_, out);
}

void LabelFile::finish(std::string& out) {
    if (sheet_) {
        sheet_->finish(out);
    } else {
        zip_.finish(out);
    }
}

}  // namespace qr
