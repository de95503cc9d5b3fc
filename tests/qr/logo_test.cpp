#include "qr/logo.hpp"

#include "qr/geometry.hpp"
#include "qr/render.hpp"
#include "qr/sheet.hpp"
#include "tests/qr/image.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace qr {
namespace {

using qr_tests::decode_png;
using qr_tests::Image;

constexpr std::string_view kUrl = "https://TN.GG/ABCDEFGHKM";

// A disc of one colour on nothing.
std::shared_ptr<const Logo> disc(int width, int height, std::uint8_t red = 200) {
    std::vector<std::uint8_t> rgba;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const double dx = (x + 0.5) / width - 0.5;
            const double dy = (y + 0.5) / height - 0.5;
            const bool inside = dx * dx + dy * dy < 0.25;
            rgba.insert(rgba.end(), {red, 30, 30, static_cast<std::uint8_t>(inside ? 255 : 0)});
        }
    return *Logo::make(width, height, rgba);
}

Style with_logo(int size) {
    Style style;
    style.width = style.height = size;
    style.logo = disc(64, 64);
    return style;
}

TEST(Logo, RefusesPicturesOfOtherSizes) {
    const std::vector<std::uint8_t> rgba(std::size_t{4} * 16 * 16);
    EXPECT_TRUE(Logo::make(16, 16, rgba));
    for (const auto& [width, height] :
         {std::pair{7, 16}, {16, 7}, {0, 0}, {-1, 16}, {4097, 16}, {16, 15}, {17, 16}})
        EXPECT_EQ(Logo::make(width, height, rgba).error().parameter, "logo")
            << width << " x " << height;
}

TEST(Logo, LargePicturesAreReducedInProportion) {
    const auto logo = disc(1000, 400);
    EXPECT_EQ(logo->width(), 128);
    EXPECT_EQ(logo->height(), 51);
    EXPECT_EQ(disc(4000, 20)->height(), kMinLogo);
    EXPECT_EQ(logo->rgba().size(), std::size_t{4} * 128 * 51);
}

TEST(Logo, ReducingWeighsColoursByAlpha) {
    std::vector<std::uint8_t> rgba;
    for (int i = 0; i < 16 * 16; ++i)
        rgba.insert(rgba.end(), {static_cast<std::uint8_t>(i % 2 == 0 ? 100 : 255), 0, 0,
                                 static_cast<std::uint8_t>(i % 2 == 0 ? 200 : 0)});
    const auto logo = *Logo::make(16, 16, rgba);
    const auto small = logo->resampled(8, 8);
    EXPECT_EQ(small[0], 100);  // the transparent neighbour's colour does not count
    EXPECT_EQ(small[3], 100);  // half of 200
    EXPECT_EQ(logo->resampled(32, 32).size(), std::size_t{4} * 32 * 32);
}

TEST(Logo, HashTellsPicturesApart) {
    EXPECT_EQ(disc(64, 64)->hash(), disc(64, 64)->hash());
    EXPECT_NE(disc(64, 64)->hash(), disc(64, 64, 201)->hash());
    EXPECT_NE(disc(32, 64)->hash(), disc(64, 32)->hash());
}

TEST(Logo, SquareIsOddAndHidesATenthOfTheModulesAtMost) {
    for (int modules = 21; modules <= 177; modules += 4) {
        const auto place = *layout(modules, with_logo(800));
        EXPECT_EQ(place.logo % 2, 1);
        EXPECT_GE(place.logo, 5);
        EXPECT_LE(place.logo * place.logo * 100, modules * modules * 11) << modules;
        const auto picture = logo_place(place, modules, *disc(64, 32));
        EXPECT_LE(picture.width, place.logo * place.module);
        EXPECT_NEAR(picture.height * 2, picture.width, 1);
    }
    EXPECT_EQ(layout(25, Style{})->logo, 0);
}

TEST(Logo, CodeIsDrawnAtLevelHAndStillRead) {
    for (const int size : {120, 200, 333, 800}) {
        std::string file;
        ASSERT_TRUE(draw(kUrl, with_logo(size), Format::png, file));
        const Image image = decode_png(file);
        ASSERT_EQ(image.width, size);
        EXPECT_EQ(qr_tests::read_with_zxing(image), kUrl) << size;
        EXPECT_EQ(qr_tests::read_with_zbar(image), kUrl) << size;
        EXPECT_NE(image.at(size / 2, size / 2), 0);
        EXPECT_NE(image.at(size / 2, size / 2), 255);
    }
    EXPECT_EQ(level_of(with_logo(95)), Level::h);
}

TEST(Logo, ImageWithoutTheSquareIsThePlainOne) {
    const Symbol symbol = *encode(kUrl, Level::h);
    Style plain = with_logo(300);
    plain.logo = nullptr;
    std::string file;
    ASSERT_TRUE(render(symbol, plain, Format::png, file));
    const Image without = decode_png(file);
    for (const bool transparent : {false, true}) {
        Style style = with_logo(300);
        style.caption = "";
        style.bg.transparent = transparent;
        file.clear();
        ASSERT_TRUE(render(symbol, style, Format::png, file));
        const Image with = decode_png(file);
        const auto place = *layout(symbol.width(), style);
        const int begin = place.left + (symbol.width() - place.logo) / 2 * place.module;
        const int end = begin + place.logo * place.module;
        for (int y = 0; y < 300; ++y)
            for (int x = 0; x < 300; ++x)
                if (x < begin || x >= end || y < begin || y >= end) {
                    ASSERT_EQ(with.at(x, y), without.at(x, y));
                }
    }
}

TEST(Logo, CaptionAndLogoTogether) {
    Style style = with_logo(400);
    style.caption = "ABCDEFGHKM";
    std::string file;
    ASSERT_TRUE(draw(kUrl, style, Format::png, file));
    EXPECT_EQ(qr_tests::read_with_zxing(decode_png(file)), kUrl);
}

TEST(Logo, IsEmbeddedOncePerFile) {
    Style style = with_logo(200);
    std::string svg;
    ASSERT_TRUE(draw(kUrl, style, Format::svg, svg));
    EXPECT_NE(svg.find("href=\"data:image/png;base64,iVBORw0KGgo"), std::string::npos);
    std::string sheet;
    Sheet labels(sheet_presets()[0].layout, style, sheet);
    for (int i = 0; i < 30; ++i)
        ASSERT_TRUE(labels.add(kUrl, "", sheet));
    labels.finish(sheet);
    std::size_t images = 0;
    for (auto at = sheet.find("/Subtype/Image"); at != std::string::npos;
         at = sheet.find("/Subtype/Image", at + 1))
        ++images;
    EXPECT_EQ(images, 2U);  // colours and alpha
    EXPECT_NE(etag(kUrl, style, Format::png), etag(kUrl, with_logo(201), Format::png));
    Style other = style;
    other.logo = disc(64, 64, 201);
    EXPECT_NE(etag(kUrl, style, Format::png), etag(kUrl, other, Format::png));
}

}  // namespace
}  // namespace qr
