#include "qr/sheet.hpp"

#include "qr/zip.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace qr {
namespace {

Result<SheetLayout> parse(const std::vector<Parameter>& parameters) {
    return parse_sheet(parameters);
}

void expect_refused(const std::vector<Parameter>& parameters,
                    std::string_view parameter,
                    std::string_view words) {
    const auto layout = parse(parameters);
    ASSERT_FALSE(layout) << parameter;
    EXPECT_EQ(layout.error().parameter, parameter);
    EXPECT_NE(layout.error().message.find(words), std::string::npos) << layout.error().message;
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

// The whole file, taken away from the writer label by label.
std::string sheet_of(const SheetLayout& layout, int labels, std::string_view caption = {}) {
    std::string buffer;
    std::string file;
    Sheet sheet(layout, Style{}, buffer);
    for (int i = 0; i < labels; ++i) {
        EXPECT_TRUE(
            sheet.add("https://TN.GG/" + std::to_string(1'000'000'000 + i), caption, buffer));
        file += buffer;
        buffer.clear();
    }
    sheet.finish(buffer);
    return file + buffer;
}

void expect_sound_pdf(const std::string& file) {
    const auto table = std::stoul(file.substr(file.rfind("startxref\n") + 10));
    ASSERT_EQ(file.substr(table, 7), "xref\n0 ");
    const auto size = std::stoul(file.substr(table + 7));
    const auto entries = file.find('\n', table + 7) + 1;
    for (std::size_t object = 1; object < size; ++object) {
        const auto at = std::stoul(file.substr(entries + 20 * object, 10));
        const std::string head = std::to_string(object) + " 0 obj\n";
        ASSERT_EQ(file.substr(at, head.size()), head);
    }
}

TEST(SheetLayouts, PresetsFillTheirPage) {
    for (const auto& [name, layout] : sheet_presets()) {
        EXPECT_EQ(*parse({{"preset", name}}), layout);
        EXPECT_LE(layout.columns * layout.label_width + (layout.columns - 1) * layout.gap_x,
                  layout.page_width);
        EXPECT_LE(layout.rows * layout.label_height + (layout.rows - 1) * layout.gap_y,
                  layout.page_height);
    }
}

TEST(SheetLayouts, LabelsShareThePage) {
    const auto layout =
        parse({{"columns", "2"}, {"rows", "4"}, {"gap_x", "5"}, {"page", "letter"}});
    ASSERT_TRUE(layout) << layout.error().message;
    EXPECT_DOUBLE_EQ(layout->label_width, (215.9 - 20 - 5) / 2);
    EXPECT_DOUBLE_EQ(layout->label_height, (279.4 - 20) / 4);
    EXPECT_EQ(parse({{"label_w", "35.5"}})->label_width, 35.5);
    EXPECT_EQ(parse({})->columns, 3);
}

TEST(SheetLayouts, RefusalsNameTheParameter) {
    expect_refused({{"preset", "L9999"}}, "preset", "L7160, L7163");
    expect_refused({{"preset", "L7160"}, {"rows", "3"}}, "preset", "nothing else");
    expect_refused({{"page", "A4"}}, "page", "a4 or letter");
    for (const std::string_view value : {"0", "51", "x", ""}) {
        expect_refused({{"columns", value}}, "columns", "from 1 to 50");
        expect_refused({{"rows", value}}, "rows", "from 1 to 50");
    }
    for (const std::string_view value : {"4.99", "200.01", "-6", "", "1e1"}) {
        expect_refused({{"label_w", value}}, "label_w", "from 5 to 200 mm");
        expect_refused({{"label_h", value}}, "label_h", "from 5 to 200 mm");
    }
    expect_refused({{"gap_x", "101"}}, "gap_x", "from 0 to 100 mm");
    expect_refused({{"columns", "4"}, {"label_w", "60"}}, "columns", "more than the page holds");
    expect_refused({{"rows", "8"}, {"label_h", "38"}}, "rows", "more than the page holds");
    expect_refused({{"columns", "50"}}, "columns", "less than 5 mm");
    expect_refused({{"columns", "40"}, {"gap_x", "100"}}, "columns", "less than 5 mm");
    expect_refused({{"colums", "4"}}, "colums", "not a parameter of a sheet");
}

TEST(Sheet, FillsPageAfterPage) {
    const SheetLayout layout = sheet_presets()[0].layout;
    for (const int labels : {1, 20, 21, 22, 64}) {
        const std::string file = sheet_of(layout, labels);
        const int pages = (labels + 20) / 21;
        EXPECT_NE(file.find("/Count " + std::to_string(pages) + "/"), std::string::npos) << labels;
        EXPECT_EQ(count(file, "/Type/Page/"), static_cast<std::size_t>(pages));
        EXPECT_EQ(count(file, "f Q\n"), static_cast<std::size_t>(labels));
        expect_sound_pdf(file);
    }
}

TEST(Sheet, WithoutLabelsIsOneEmptyPage) {
    const std::string file = sheet_of(SheetLayout{}, 0);
    EXPECT_NE(file.find("/Count 1/"), std::string::npos);
    expect_sound_pdf(file);
}

TEST(Sheet, LongPagesAreWrittenAsTheyGrow) {
    SheetLayout layout;
    layout.columns = 20;
    layout.rows = 28;
    layout.label_width = layout.label_height = 10;
    std::string buffer;
    Sheet sheet(layout, Style{}, buffer);
    std::size_t most = 0;
    std::string file;
    for (int i = 0; i < 600; ++i) {
        ASSERT_TRUE(sheet.add("https://TN.GG/" + std::to_string(1'000'000'000 + i), "", buffer));
        most = std::max(most, buffer.size());
        file += buffer;
        buffer.clear();
    }
    sheet.finish(buffer);
    EXPECT_LT(most, 80'000U);
    file += buffer;
    expect_sound_pdf(file);
    // The scale is set once per page, not per stream.
    EXPECT_EQ(count(file, "0.12 0 0 0.12 0 0 cm"), 2U);
    EXPECT_GT(count(file, "stream\n"), 20U);
}

TEST(Sheet, RefusedLabelsTakeNoPlace) {
    std::string buffer;
    Sheet sheet(sheet_presets()[2].layout, Style{}, buffer);
    EXPECT_EQ(sheet.add("", "A", buffer).error().parameter, "text");
    EXPECT_EQ(sheet.add("https://TN.GG/A", "\t", buffer).error().parameter, "caption");
    const std::size_t before = buffer.size();
    EXPECT_TRUE(sheet.add("https://TN.GG/A", "A", buffer));
    EXPECT_EQ(buffer.size(), before);
    sheet.finish(buffer);
    EXPECT_EQ(count(buffer, "f Q\n"), 2U);  // one symbol, one caption
}

TEST(Sheet, SameLabelsSameBytes) {
    EXPECT_EQ(sheet_of(SheetLayout{}, 30, "A"), sheet_of(SheetLayout{}, 30, "A"));
    EXPECT_NE(sheet_of(SheetLayout{}, 30, "A"), sheet_of(SheetLayout{}, 30, "B"));
}

TEST(Zip, DirectoryRepeatsWhatTheEntriesSay) {
    ZipWriter zip;
    std::string file;
    ASSERT_TRUE(zip.add("a.png", "first", file));
    ASSERT_TRUE(zip.add("folder/b.png", "second one", file));
    const std::size_t directory = file.size();
    zip.finish(file);
    EXPECT_EQ(directory, 30U + 5 + 5 + 30 + 12 + 10);
    EXPECT_EQ(file.size(), directory + 46 + 5 + 46 + 12 + 22);
    EXPECT_EQ(file.substr(30, 10), "a.pngfirst");
    EXPECT_EQ(file.substr(directory, 4), "PK\1\2");
    EXPECT_EQ(file.substr(directory + 46, 5), "a.png");
    // Version, flags, method, date, checksum and sizes.
    EXPECT_EQ(file.substr(directory + 6, 26), file.substr(4, 26));
    EXPECT_EQ(file[directory + 46 + 5 + 42], static_cast<char>(40));  // where the second one lies
    EXPECT_EQ(file[file.size() - 6], static_cast<char>(directory));   // where the directory lies
}

TEST(Zip, RefusesMoreThanItsDirectoryCanCount) {
    ZipWriter zip;
    std::string file;
    for (std::size_t i = 0; i < kMaxZipEntries; ++i) {
        ASSERT_TRUE(zip.add("x", "", file));
        file.clear();
    }
    EXPECT_EQ(zip.add("x", "", file).error().parameter, "labels");
    EXPECT_TRUE(file.empty());
}

}  // namespace
}  // namespace qr
