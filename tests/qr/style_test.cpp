#include "qr/style.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace qr {
namespace {

Result<Style> parse(const std::vector<Parameter>& parameters) {
    return parse_style(parameters);
}

void expect_refused(const std::vector<Parameter>& parameters,
                    std::string_view parameter,
                    std::string_view words) {
    const auto style = parse(parameters);
    ASSERT_FALSE(style) << parameter;
    EXPECT_EQ(style.error().parameter, parameter);
    EXPECT_TRUE(style.error().message.starts_with(parameter)) << style.error().message;
    EXPECT_NE(style.error().message.find(words), std::string::npos) << style.error().message;
}

TEST(StyleParameters, NoneGiveTheDefaultImage) {
    const auto style = parse({});
    ASSERT_TRUE(style);
    EXPECT_EQ(*style, Style{});
    EXPECT_EQ(style->width, 95);
    EXPECT_EQ(style->level, Level::q);
}

TEST(StyleParameters, OneSideSetsBoth) {
    EXPECT_EQ(parse({{"w", "200"}})->height, 200);
    EXPECT_EQ(parse({{"h", "300"}})->width, 300);
    const auto both = parse({{"h", "300"}, {"w", "200"}});
    EXPECT_EQ(both->width, 200);
    EXPECT_EQ(both->height, 300);
}

TEST(StyleParameters, AllTogether) {
    const auto style =
        parse({{"w", "800"}, {"ecc", "h"}, {"margin", "0"}, {"fg", "036"}, {"bg", "#FFEEdd"}});
    ASSERT_TRUE(style) << style.error().message;
    EXPECT_EQ(style->level, Level::h);
    EXPECT_EQ(style->margin, 0);
    EXPECT_EQ(style->fg, (Color{0x00, 0x33, 0x66}));
    EXPECT_EQ(style->bg, (Color{0xff, 0xee, 0xdd}));
    EXPECT_EQ(parse({{"ecc", "L"}})->level, Level::l);
    EXPECT_EQ(parse({{"ecc", "m"}})->level, Level::m);
    EXPECT_EQ(parse({{"bg", "transparent"}})->bg.transparent, true);
}

TEST(StyleParameters, SizesOutOfRangeOrMalformedAreNamed) {
    for (const std::string_view value : {"0", "-1", "801", "99999999999999999999", "", " 95", "95 ",
                                         "+95", "9.5", "0x5f", "95px", "\xd9\xa1"}) {
        expect_refused({{"w", value}}, "w", "from 1 to 800");
        expect_refused({{"h", value}}, "h", "from 1 to 800");
    }
}

TEST(StyleParameters, OtherValuesOutOfRangeOrMalformedAreNamed) {
    for (const std::string_view value : {"", "X", "LM", "low"})
        expect_refused({{"ecc", value}}, "ecc", "L, M, Q or H");
    for (const std::string_view value : {"-1", "101", "four", ""})
        expect_refused({{"margin", value}}, "margin", "from 0 to 100");
    for (const std::string_view value :
         {"", "#", "12", "1234", "12345g", "red", "1234567", "0x0000"}) {
        expect_refused({{"fg", value}}, "fg", "rrggbb");
        expect_refused({{"bg", value}}, "bg", "transparent");
    }
    expect_refused({{"fg", "transparent"}}, "fg", "rrggbb");
}

TEST(StyleParameters, MillimetresAreRoundedToDots) {
    const auto style = parse({{"w", "25"}, {"unit", "mm"}});
    ASSERT_TRUE(style) << style.error().message;
    EXPECT_EQ(style->dpi, 300);
    EXPECT_EQ(style->width, 295);  // 25 / 25.4 * 300 = 295.3
    EXPECT_EQ(style->height, 295);
    EXPECT_EQ(parse({{"dpi", "600"}, {"unit", "mm"}, {"h", "25.4"}})->height, 600);
    EXPECT_EQ(parse({{"unit", "mm"}, {"w", "0.12"}, {"h", "12.75"}})->width, 1);
    EXPECT_EQ(parse({{"unit", "mm"}, {"w", "203.2"}})->width, 2400);
    EXPECT_EQ(parse({{"dpi", "203"}})->dpi, 203);
    EXPECT_EQ(parse({{"dpi", "203"}})->width, 95);
    EXPECT_EQ(parse({{"unit", "px"}, {"w", "40"}})->width, 40);
}

TEST(StyleParameters, SizesThatAreNoMillimetresAreNamed) {
    for (const std::string_view value :
         {"", "99999", "-5", "1e2", "5.", ".5", "5.123", "5,5", "5 ", "+5", "0x5"})
        expect_refused({{"w", value}, {"unit", "mm"}}, "w", "must be millimetres with up to 2");
    for (const std::string_view value : {"0", "0.01", "203.3", "9999"})
        expect_refused({{"w", value}, {"unit", "mm"}}, "w", "from 0.1 to 203.2 mm at 300 dpi");
    expect_refused({{"h", "102"}, {"unit", "mm"}, {"dpi", "600"}}, "h",
                   "from 0.1 to 101.6 mm at 600 dpi");
    expect_refused({{"unit", "mm"}}, "unit", "needs w or h");
    for (const std::string_view value : {"", "cm", "MM", "inch"})
        expect_refused({{"unit", value}}, "unit", "px or mm");
    for (const std::string_view value : {"", "71", "1201", "300.5"})
        expect_refused({{"dpi", value}}, "dpi", "from 72 to 1200");
    expect_refused({{"w", "25.4"}}, "w", "from 1 to 800");
}

TEST(StyleParameters, CaptionIsTheIdentifier) {
    const auto with = [](std::string_view value, std::string_view id) {
        const std::vector<Parameter> parameters{{"caption", value}};
        return parse_style(parameters, id);
    };
    EXPECT_EQ(with("1", "ABC-def_09")->caption, "ABC-def_09");
    EXPECT_EQ(with("0", "ABC-def_09")->caption, "");
    EXPECT_EQ(with("yes", "A").error().parameter, "caption");
    EXPECT_EQ(with("1", "").error().parameter, "caption");
    EXPECT_EQ(with("1", std::string(41, 'A')).error().parameter, "caption");
    EXPECT_EQ(with("1", "caf\xc3\xa9").error().parameter, "caption");
}

TEST(StyleParameters, UnknownAndRepeatedNamesAreRefused) {
    expect_refused({{"size", "95"}}, "size", "not a parameter");
    expect_refused({{"W", "95"}}, "W", "not a parameter");
    expect_refused({{"", ""}}, "", "has no name");
    expect_refused({{"w", "95"}, {"w", "95"}}, "w", "more than once");
    const std::string long_name(100'000, 'x');
    EXPECT_LT(parse({{long_name, ""}}).error().message.size(), 100U);
}

TEST(Contrast, FollowsWcag) {
    EXPECT_DOUBLE_EQ(contrast(kBlack, kWhite), 21.0);
    EXPECT_DOUBLE_EQ(contrast(kWhite, kBlack), 21.0);
    EXPECT_DOUBLE_EQ(contrast(kWhite, kWhite), 1.0);
    EXPECT_NEAR(contrast({0x80, 0x80, 0x80}, kWhite), 3.95, 0.01);
}

TEST(Contrast, WeakAndInvertedPairsAreRefusedWithTheirRatio) {
    EXPECT_TRUE(parse({{"fg", "808080"}}));
    EXPECT_TRUE(parse({{"fg", "949494"}}));
    expect_refused({{"fg", "959595"}}, "fg", "2.9:1");
    expect_refused({{"fg", "a0a0a0"}}, "fg", "2.6:1");
    expect_refused({{"fg", "ff0"}}, "fg", "1.0:1");
    expect_refused({{"fg", "00ffff"}}, "fg", "1.2:1");
    expect_refused({{"bg", "333"}}, "bg", "1.6:1");
    expect_refused({{"fg", "fff"}, {"bg", "000"}}, "fg", "dark ground (contrast 21.0:1)");
    expect_refused({{"fg", "999"}, {"bg", "transparent"}}, "fg", "2.8:1");
}

}  // namespace
}  // namespace qr
