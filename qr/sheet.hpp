// Sheet: many codes as labels on the pages of one vector PDF.
// Shape:   a grid of equal labels, the same on each page, centred on it; labels fill rows from the
//          left, pages from the top. Each label is laid out like an image of its size.
// Units:   millimetres; drawn in dots of 1/600 inch (1/300 for labels over 101.6 mm), so that
//          modules are whole dots of a printer.
// Errors:  a layout that no page holds, a label that cannot be drawn, and more labels than 9.7 GB
//          hold are Problems.
// Memory:  a page's labels are written as they come, 64 KB at a time; what stays is 24 bytes per
//          page and per 64 KB.
// Threads: one at a time.
#pragma once

#include "qr/parameters.hpp"
#include "qr/pdf_drawing.hpp"
#include "qr/pdf_writer.hpp"
#include "qr/problem.hpp"
#include "qr/style.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qr {

struct SheetLayout {
    double page_width = 210;  // A4
    double page_height = 297;
    int columns = 3;          // labels across, 1 to 50
    int rows = 8;             // labels down, 1 to 50
    double label_width = 60;  // 5 to 200
    double label_height = 32;
    double gap_x = 0;  // between labels, 0 to 100
    double gap_y = 0;

    bool operator==(const SheetLayout&) const = default;
};

struct SheetPreset {
    std::string_view name;  // the label maker's product number
    SheetLayout layout;
};

// The presets that `preset` knows.
[[nodiscard]] std::span<const SheetPreset> sheet_presets();

inline constexpr auto kSheetParameters = std::to_array<ParameterInfo>({
    {"preset", "preset", "NAME", "a label maker's product: L7160, L7163, L7651 or 5160"},
    {"page", "page", "SIZE", "a4 (default) or letter"},
    {"columns", "columns", "N", "labels across a page, 1 to 50 (3)"},
    {"rows", "rows", "N", "labels down a page, 1 to 50 (8)"},
    {"label_w", "label-w", "MM", "width of a label; an equal share of the page less its borders"},
    {"label_h", "label-h", "MM", "height of a label, likewise"},
    {"gap_x", "gap-x", "MM", "between labels across, 0 to 100 (0)"},
    {"gap_y", "gap-y", "MM", "between labels down"},
});

// The layout that the parameters of that table ask for; nothing else goes with a preset. Pages keep
// a border of 10 mm on each side where they share out their room.
// Unknown and repeated names, malformed values and labels that the page does not hold are Problems.
[[nodiscard]] Result<SheetLayout> parse_sheet(std::span<const Parameter> parameters);

class Sheet {
  public:
    // Appends the beginning of the file to `out`. `layout` is as parse_sheet(), `style` as
    // parse_style() lets through; the style's sizes and caption are replaced by each label's.
    Sheet(const SheetLayout& layout, const Style& style, std::string& out);

    // Whether add() would take the label, as far as it alone decides.
    [[nodiscard]] Result<void> check(std::string_view text, std::string_view caption) const;

    // Adds a label: the code of `text` (1 to 7089 bytes), over `caption` unless that is empty.
    // Appends what is ready to `out`, which may be emptied at any time between calls. Refused
    // labels take no place.
    [[nodiscard]] Result<void> add(std::string_view text,
                                   std::string_view caption,
                                   std::string& out);

    // Appends the rest of the file. A sheet without labels has one empty page. Nothing may be added
    // afterwards.
    void finish(std::string& out);

  private:
    [[nodiscard]] int dots(double millimetres) const;
    [[nodiscard]] PagePlace next_place() const;
    void flush_content(std::string& out);
    void finish_page(std::string& out);

    SheetLayout layout_;
    Style style_;
    PdfWriter writer_;
    std::string content_;               // of the page, not yet written
    std::vector<std::size_t> streams_;  // of the page, written
    std::vector<std::size_t> pages_;
    std::size_t next_object_;
    int labels_on_page_ = 0;
};

}  // namespace qr
