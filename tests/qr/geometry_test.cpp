#include "qr/geometry.hpp"

#include <gtest/gtest.h>

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
    style.margin = 400;
    EXPECT_EQ(layout(25, style).error().parameter, "margin");
}

TEST(Geometry, RefusesSizesOutOfRange) {
    EXPECT_EQ(layout(25, sized(801, 95)).error().parameter, "w");
    EXPECT_EQ(layout(25, sized(95, 801)).error().parameter, "h");
    EXPECT_EQ(layout(25, sized(0, 95)).error().parameter, "w");
    EXPECT_EQ(layout(25, sized(95, -1)).error().parameter, "h");
}

}  // namespace
}  // namespace qr
