#include "qr/cost.hpp"

#include "qr/render.hpp"

#include <gtest/gtest.h>

#include <string>

namespace qr {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

constexpr std::string_view kUrl = "https://TN.GG/ABCDEFGHKM";

Style sized(int size) {
    Style style;
    style.width = style.height = size;
    return style;
}

// What it costs once the tables of its version and level are made.
nanoseconds cost(std::string_view text, const Style& style, Format format) {
    std::string out;
    (void)draw(text, style, format, out);
    return drawing_cost(text, style, format);
}

TEST(DrawingCost, OfWhatTheServiceDrawsAllDayIsAFewMicroseconds) {
    for (const Format format : {Format::png, Format::svg, Format::pdf, Format::eps}) {
        EXPECT_LT(cost(kUrl, Style{}, format), microseconds(10));
        EXPECT_LT(cost(kUrl, sized(800), format), microseconds(20));
    }
}

TEST(DrawingCost, GrowsWithWhateverTakesLonger) {
    const std::string url(kUrl);
    const auto base = cost(url, sized(800), Format::png);
    EXPECT_GT(cost(url, sized(2400), Format::png), base + microseconds(10));
    EXPECT_GT(cost(url + std::string(30, 'x'), sized(800), Format::png), base + microseconds(10));
    EXPECT_GT(cost(url + std::string(60, 'x'), sized(800), Format::png), 5 * base);
    EXPECT_GT(cost(url + std::string(400, 'x'), sized(800), Format::svg), 20 * base);
    Style captioned = sized(800);
    captioned.caption = "ABCDEFGHKM";
    EXPECT_GT(cost(url, captioned, Format::png), base);
    EXPECT_EQ(cost(std::string(8000, 'x'), sized(800), Format::png), nanoseconds(0));
}

// No test before this one, the file being qr_test's first, makes the tables of 6-M.
TEST(DrawingCost, OfTheFirstSymbolOfItsKindIsThatOfItsTables) {
    Style style;
    style.level = Level::m;
    const std::string text(100, 'x');
    const auto first = drawing_cost(text, style, Format::svg);
    std::string out;
    ASSERT_TRUE(draw(text, style, Format::svg, out));
    EXPECT_GT(first, microseconds(500));
    EXPECT_LT(drawing_cost(text, style, Format::svg), microseconds(50));
}

}  // namespace
}  // namespace qr
