#include "qr/geometry.hpp"

#include "qr/lettering.hpp"

#include <gtest/gtest.h>

#include <string>

namespace qr {
namespace {

Style sized(int width, int height) {
    Style style;
    style.width = width;
    style.height = height;
    return style;
}

TEST(Geometry, DefaultImageIsThreePixelModulesWithATenPixelBorder) {
    EXPECT_EQ(*layout(25, Style{}), (Layout{3, 10, 10}));
}

TEST(Geometry, BorderIsFourModulesWhereModulesAreLarge) {
    EXPECT_EQ(layout(25, sized(132, 132))->module, 4);
    EXPECT_EQ(layout(25, sized(800, 800))->module, 24);
    for (int size = 132; size <= kMaxSize; ++size) {
        const auto place = *layout(25, sized(size, size));
        EXPECT_EQ(place.module, size / 33) << size;
        EXPECT_GE(place.left, 4 * place.module) << size;
    }
}

TEST(Geometry, BorderIsThreeModulesOrMoreWhereModulesAreSmall) {
    for (int size = 31; size < 132; ++size) {
        const auto place = *layout(25, sized(size, size));
        EXPECT_EQ(place.module, size / 31) << size;
        EXPECT_GE(place.left, 3 * place.module) << size;
    }
}

TEST(Geometry, SymbolIsCentredAndTheOddPixelGoesRightAndDown) {
    EXPECT_EQ(*layout(25, sized(96, 95)), (Layout{3, 10, 10}));
    EXPECT_EQ(*layout(25, sized(97, 95)), (Layout{3, 11, 10}));
    EXPECT_EQ(*layout(25, sized(95, 400)), (Layout{3, 10, 162}));
    EXPECT_EQ(*layout(25, sized(800, 31)), (Layout{1, 387, 3}));
}

TEST(Geometry, AskedMarginIsKept) {
    Style style = sized(100, 100);
    style.margin = 0;
    EXPECT_EQ(*layout(25, style), (Layout{4, 0, 0}));
    style.margin = 10;
    EXPECT_EQ(*layout(25, style), (Layout{2, 25, 25}));
}

TEST(Geometry, TooSmallAnImageNamesItsShorterSideAndTheLeastThatFits) {
    EXPECT_TRUE(layout(25, sized(31, 31)));
    const auto narrow = layout(25, sized(30, 95));
    ASSERT_FALSE(narrow);
    EXPECT_EQ(narrow.error().parameter, "w");
    EXPECT_EQ(narrow.error().message, "w must be from 31 to 800 for this code of 25 x 25 modules");
    const auto flat = layout(29, sized(95, 34));
    ASSERT_FALSE(flat);
    EXPECT_EQ(flat.error().parameter, "h");
    EXPECT_NE(flat.error().message.find("35 to 800"), std::string::npos);
    Style wide_border = sized(40, 40);
    wide_border.margin = 8;
    EXPECT_NE(layout(25, wide_border).error().message.find("41 to 800"), std::string::npos);
}

TEST(Geometry, MarginThatNoImageHoldsIsNamed) {
    Style style = sized(800, 800);
    style.margin = 400;  // more than parse_style() lets in
    EXPECT_EQ(layout(25, style).error().parameter, "margin");
}

TEST(Geometry, CaptionLiesBelowTheBorderAndIsCentred) {
    Style style = sized(800, 800);
    style.caption = "ABCDEFGHKM";
    const auto place = *layout(25, style);
    EXPECT_EQ(place.module, 21);
    EXPECT_EQ(place.dot, 8);  // 59 dots under 525 pixels
    EXPECT_EQ(place.caption_top, place.top + 25 * 21 + 4 * 21);
    EXPECT_EQ(place.caption_left, (800 - 59 * 8) / 2);
    EXPECT_GE(place.top, 4 * 21);
    EXPECT_LE(place.caption_top + kLetterHeight * place.dot + 2 * place.dot, 800);
}

TEST(Geometry, CaptionNeverTouchesTheBorderNorLeavesTheImage) {
    for (const std::size_t length : {1U, 10U, 40U})
        for (int width = 240; width <= kMaxSize; width += 37)
            for (int height = 45; height <= kMaxSize; height += 29) {
                Style style = sized(width, height);
                style.caption = std::string(length, 'A');
                const auto place = *layout(25, style);
                const int border = place.caption_top - (place.top + 25 * place.module);
                ASSERT_GE(border, 3 * place.module);
                ASSERT_GE(place.top, border);
                ASSERT_GE(place.left, 3 * place.module);
                ASSERT_GE(place.dot, 1);
                ASSERT_GE(place.caption_left, 0);
                ASSERT_LE(place.caption_left + lettering_width(length) * place.dot, width);
                ASSERT_LE(place.caption_top + kLetterHeight * place.dot, height - 2);
            }
}

TEST(Geometry, CaptionThatDoesNotFitIsNamed) {
    Style style = sized(95, 95);
    style.caption = std::string(17, 'A');
    EXPECT_EQ(layout(25, style).error().parameter, "caption");
    EXPECT_NE(layout(25, style).error().message.find("101 pixels"), std::string::npos);
    style.caption = "A";
    style.height = 41;
    EXPECT_EQ(layout(25, style).error().parameter, "h");
    EXPECT_NE(layout(25, style).error().message.find("42 to 800"), std::string::npos);
    style.height = 42;
    EXPECT_TRUE(layout(25, style));
    style.caption = "\n";
    EXPECT_EQ(layout(25, style).error().parameter, "caption");
}

TEST(Geometry, MillimetresAreNamedInMillimetres) {
    Style style = sized(20, 20);
    style.unit = Unit::mm;
    style.dpi = 300;
    EXPECT_EQ(layout(25, style).error().message,
              "w must be from 2.7 to 203.2 mm at 300 dpi for this code of 25 x 25 modules");
    EXPECT_EQ(layout(25,
                     [] {
                         Style s = sized(2400, 2400);
                         s.unit = Unit::mm;
                         s.dpi = 300;
                         return s;
                     }())
                  ->module,
              72);
}

TEST(Geometry, RefusesSizesOutOfRange) {
    EXPECT_EQ(layout(25, sized(801, 95)).error().parameter, "w");
    EXPECT_EQ(layout(25, sized(95, 801)).error().parameter, "h");
    EXPECT_EQ(layout(25, sized(0, 95)).error().parameter, "w");
    EXPECT_EQ(layout(25, sized(95, -1)).error().parameter, "h");
}

}  // namespace
}  // namespace qr
