#include "qr/label_file.hpp"

#include "qr/render.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace qr {
namespace {

constexpr std::string_view kText = "https://TN.GG/ABCDEFGHKM";

void expect_refused(const std::vector<Parameter>& parameters,
                    std::string_view parameter,
                    std::string_view words) {
    const auto order = parse_labels(parameters);
    ASSERT_FALSE(order) << parameter;
    EXPECT_EQ(order.error().parameter, parameter);
    EXPECT_NE(order.error().message.find(words), std::string::npos) << order.error().message;
}

LabelFile file_of(const std::vector<Parameter>& parameters, std::string& out) {
    const auto order = parse_labels(parameters);
    EXPECT_TRUE(order);
    return LabelFile(*order, out);
}

TEST(LabelFiles, NameEachParameterOnce) {
    std::set<std::string_view> names;
    std::set<std::string_view> options;
    for (const ParameterInfo& row : kLabelParameters) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_TRUE(options.insert(row.option).second) << row.option;
        EXPECT_FALSE(row.meaning.empty()) << row.name;
    }
}

TEST(LabelFiles, AreSheetsOfTheirLayoutUnlessAZipIsAskedFor) {
    const auto sheet = parse_labels(std::vector<Parameter>{{"preset", "L7163"}, {"ecc", "H"}});
    ASSERT_TRUE(sheet);
    EXPECT_FALSE(sheet->zip);
    EXPECT_EQ(sheet->layout.columns, 2);
    EXPECT_EQ(sheet->style.level, Level::h);
    EXPECT_EQ(sheet->media_type(), "application/pdf");
    const auto zip = parse_labels(std::vector<Parameter>{{"as", "zip"}, {"image", "eps"}});
    ASSERT_TRUE(zip);
    EXPECT_EQ(zip->image, Format::eps);
    EXPECT_EQ(zip->media_type(), "application/zip");
}

TEST(LabelFiles, RefuseWhatTheirKindHasNoUseFor) {
    expect_refused({{"w", "100"}}, "w", "as=zip");
    expect_refused({{"image", "svg"}}, "image", "as=zip");
    expect_refused({{"as", "zip"}, {"columns", "3"}}, "columns", "as=pdf");
    expect_refused({{"as", "tar"}}, "as", "pdf or zip");
    expect_refused({{"as", "zip"}, {"image", "gif"}}, "image", "png, svg, pdf or eps");
    expect_refused({{"caption", "2"}}, "caption", "0 or 1");
    expect_refused({{"logos", "1"}}, "logos", "not a parameter of a file of labels");
    expect_refused({{"ecc", "H"}, {"ecc", "H"}}, "ecc", "more than once");
    expect_refused({{"fg", "eee"}}, "fg", "contrast");
}

TEST(LabelFiles, HoldTheImagesThatAreDrawnAlone) {
    std::string out;
    LabelFile file = file_of({{"as", "zip"}, {"w", "200"}, {"caption", "1"}}, out);
    ASSERT_TRUE(file.add(kText, "ABCDEFGHKM", out));
    file.finish(out);
    Style style;
    style.width = style.height = 200;
    style.caption = "ABCDEFGHKM";
    std::string alone;
    ASSERT_TRUE(draw(kText, style, Format::png, alone));
    EXPECT_NE(out.find("ABCDEFGHKM.png" + alone), out.npos);
}

TEST(LabelFiles, AreTheSheetThatIsDrawnWithoutThem) {
    std::string out;
    LabelFile file = file_of({{"preset", "L7160"}, {"caption", "1"}}, out);
    ASSERT_TRUE(file.add(kText, "ABCDEFGHKM", out));
    file.finish(out);
    std::string alone;
    Sheet sheet(*parse_sheet(std::vector<Parameter>{{"preset", "L7160"}}), {}, alone);
    ASSERT_TRUE(sheet.add(kText, "ABCDEFGHKM", alone));
    sheet.finish(alone);
    EXPECT_EQ(out, alone);
}

// What check() lets through add() takes, and the other way round.
TEST(LabelFiles, CheckWhatTheyWouldTake) {
    for (const std::vector<Parameter>& parameters :
         {std::vector<Parameter>{{"as", "zip"}, {"w", "31"}},
          std::vector<Parameter>{{"label_w", "5"}, {"label_h", "5"}, {"caption", "1"}}}) {
        int refused = 0;
        for (std::size_t length = 1; length < 80; ++length) {
            std::string out;
            LabelFile file = file_of(parameters, out);
            const std::string text(length, 'x');
            const std::string name(std::min<std::size_t>(length, 45), 'n');
            const auto checked = file.check(text, name);
            const auto added = file.add(text, name, out);
            ASSERT_EQ(checked.has_value(), added.has_value()) << length;
            if (added) continue;
            EXPECT_EQ(checked.error().message, added.error().message);
            ++refused;
        }
        EXPECT_GT(refused, 0);
        EXPECT_LT(refused, 79);
    }
}

}  // namespace
}  // namespace qr
