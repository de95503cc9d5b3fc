// Label file: many codes as one file, either label sheets as a PDF or single images in a ZIP.
// Shape:   parameters as those of a code (style.hpp) and of a sheet (sheet.hpp), and two of its own.
// Errors:  as Sheet and ZipWriter; a parameter that the kind of file does not have is a Problem.
// Memory:  as Sheet and ZipWriter: what add() appends the caller may take away.
// Threads: one at a time.
#pragma once

#include "qr/parameters.hpp"
#include "qr/problem.hpp"
#include "qr/sheet.hpp"
#include "qr/style.hpp"
#include "qr/zip.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace qr {

// The formats by name, which is also the suffix of file names; the first is the default.
struct FormatName {
    std::string_view name;
    Format format;
};
inline constexpr auto kFormats = std::to_array<FormatName>(
    {{"png", Format::png}, {"svg", Format::svg}, {"pdf", Format::pdf}, {"eps", Format::eps}});

[[nodiscard]] std::string_view name_of(Format format);

inline constexpr auto kFileParameters = std::to_array<ParameterInfo>({
    {"as", "as", "KIND", "pdf (default): labels on pages; zip: an image for each"},
    {"image", "image", "FORMAT", "of the images in a ZIP: png (default), svg, pdf or eps"},
});
inline constexpr auto kLabelParameters =
    join_tables(kFileParameters, kSheetParameters, kStyleParameters);

struct LabelOrder {
    bool zip = false;
    Format image = Format::png;  // in a ZIP
    SheetLayout layout;          // of a PDF
    Style style;                 // in a PDF labels have the size of their place
    bool captioned = false;      // each label with its own name

    [[nodiscard]] std::string_view media_type() const;
};

// What the parameters of kLabelParameters ask for.
[[nodiscard]] Result<LabelOrder> parse_labels(std::span<const Parameter> parameters);

class LabelFile {
  public:
    // Appends the beginning of the file to `out`.
    LabelFile(const LabelOrder& order, std::string& out);

    // Whether add() would take the label, as far as it alone decides.
    [[nodiscard]] Result<void> check(std::string_view text, std::string_view name) const;

    // Adds the code of `text` (1 to 7089 bytes). `name` is the caption, where captions are asked
    // for, and the name of the file in a ZIP, without its suffix. Refused labels take no place.
    [[nodiscard]] Result<void> add(std::string_view text, std::string_view name, std::string& out);

    // Appends the rest. Nothing may be added afterwards.
    void finish(std::string& out);

  private:
    [[nodiscard]] Style style_of(std::string_view name) const;

    LabelOrder order_;
    std::optional<Sheet> sheet_;  // of a PDF
    ZipWriter zip_;
    std::string image_;  // of the label being added to a ZIP
};

}  // namespace qr
