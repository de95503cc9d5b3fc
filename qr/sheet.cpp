#include "qr/sheet.hpp"

#include "qr/render.hpp"
#include "qr/vector_text.hpp"

#include <algorithm>
#include <cmath>

namespace qr {
namespace {

constexpr std::size_t kCatalogue = 1;
constexpr std::size_t kPageTree = 2;
constexpr std::size_t kLogo = 3;  // where there is one
constexpr std::size_t kFlushSize = 65536;
constexpr std::uint64_t kReserve = 1 << 28;  // for the last page and the table of pages
constexpr double kPointsPerMillimetre = 72 / 25.4;
constexpr int kFineDpi = 600;

int dpi_for(const SheetLayout& layout) {
    const double longest = std::max(layout.label_width, layout.label_height);
    return longest * kFineDpi / 25.4 <= kMaxDots ? kFineDpi : kFineDpi / 2;
}

}  // namespace

Sheet::Sheet(const SheetLayout& layout, const Style& style, std::string& out)
    : layout_(layout), style_(style), writer_(out) {
    style_.unit = Unit::mm;
    style_.dpi = dpi_for(layout);
    style_.width = dots(layout.label_width);
    style_.height = dots(layout.label_height);
    next_object_ = write_pdf_logo(writer_, style_, kLogo, out);
}

int Sheet::dots(double millimetres) const {
    return static_cast<int>(std::lround(millimetres * *style_.dpi / 25.4));
}

PagePlace Sheet::next_place() const {
    const int column = labels_on_page_ % layout_.columns;
    const int row = labels_on_page_ / layout_.columns;
    const double pitch_x = layout_.label_width + layout_.gap_x;
    const double pitch_y = layout_.label_height + layout_.gap_y;
    const double left = (layout_.page_width - layout_.columns * pitch_x + layout_.gap_x) / 2;
    const double top = (layout_.page_height - layout_.rows * pitch_y + layout_.gap_y) / 2;
    return {dots(left + column * pitch_x), dots(top + row * pitch_y), dots(layout_.page_height)};
}

Result<void> Sheet::add(std::string_view text, std::string_view caption, std::string& out) {
    if (writer_.written() > kMaxPdfSize - kReserve)
        return Problem{"labels", "labels are more than one PDF holds"};
    style_.caption = caption;
    const auto symbol = encode(text, level_of(style_));
    if (!symbol) return symbol.error();
    const auto inside = layout(symbol->width(), style_);
    if (!inside) return inside.error();
    if (labels_on_page_ == layout_.columns * layout_.rows) finish_page(out);
    if (labels_on_page_ == 0) append_pdf_scale(content_, style_);
    append_pdf_drawing(content_, around_logo(*symbol, *inside), style_, *inside, next_place());
    ++labels_on_page_;
    if (content_.size() >= kFlushSize) flush_content(out);
    return {};
}

Result<void> Sheet::check(std::string_view text, std::string_view caption) const {
    Style style = style_;
    style.caption = caption;
    return check_drawing(text, style);
}

void Sheet::flush_content(std::string& out) {
    writer_.stream(next_object_, content_, out);
    streams_.push_back(next_object_++);
    content_.clear();
}

// The page names its streams, so it comes after them.
void Sheet::finish_page(std::string& out) {
    if (!content_.empty()) flush_content(out);
    std::string page = "<</Type/Page/Parent " + std::to_string(kPageTree) + " 0 R/Contents[";
    for (const std::size_t stream : streams_)
        page += std::to_string(stream) + " 0 R ";
    page += "]>>";
    writer_.object(next_object_, page, out);
    pages_.push_back(next_object_++);
    streams_.clear();
    labels_on_page_ = 0;
}

void Sheet::finish(std::string& out) {
    if (labels_on_page_ > 0 || pages_.empty()) finish_page(out);
    std::string tree = "<</Type/Pages/Resources" + pdf_resources(style_, kLogo) + "/MediaBox[0 0 ";
    append_decimal(tree, layout_.page_width * kPointsPerMillimetre);
    tree += ' ';
    append_decimal(tree, layout_.page_height * kPointsPerMillimetre);
    tree += "]/Count " + std::to_string(pages_.size()) + "/Kids[";
    for (const std::size_t page : pages_)
        tree += std::to_string(page) + " 0 R ";
    tree += "]>>";
    writer_.object(kPageTree, tree, out);
    writer_.object(kCatalogue, "<</Type/Catalog/Pages " + std::to_string(kPageTree) + " 0 R>>",
                   out);
    writer_.finish(kCatalogue, out);
}

}  // namespace qr
