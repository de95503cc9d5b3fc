#include "qr/render.hpp"

#include "qr/geometry.hpp"
#include "qr/lettering.hpp"
#include "tests/qr/image.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace qr {
namespace {

using qr_tests::decode_png;
using qr_tests::Image;

constexpr std::string_view kUrl = "https://TN.GG/ABCDEFGHKM";

std::string file(std::string_view text, const Style& style, Format format) {
    std::string out;
    const auto done = draw(text, style, format, out);
    EXPECT_TRUE(done) << done.error().message;
    return out;
}

Style sized(int width, int height) {
    Style style;
    style.width = width;
    style.height = height;
    return style;
}

// What the image should be, pixel by pixel, from the symbol and the layout alone.
Image expected_image(const Symbol& symbol, const Style& style) {
    const auto place = *layout(symbol.width(), style);
    Image image{style.width, style.height, {}};
    for (int y = 0; y < style.height; ++y)
        for (int x = 0; x < style.width; ++x) {
            const int column = x < place.left ? -1 : (x - place.left) / place.module;
            const int row = y < place.top ? -1 : (y - place.top) / place.module;
            const bool inside =
                column >= 0 && row >= 0 && column < symbol.width() && row < symbol.width();
            image.grey.push_back(inside && symbol.dark(column, row) ? 0 : 255);
        }
    return image;
}

TEST(Png, EveryPixelIsTheModulesColour) {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        const std::string text(1 + random() % 60, 'a');
        const auto symbol = *encode(text, Level::q);
        const int least = symbol.width() + 6;
        const Style style =
            sized(least + static_cast<int>(random()) % 100 + (round % 10 == 0 ? 600 : 100),
                  least + 100 + static_cast<int>(random() % 300));
        std::string out;
        ASSERT_TRUE(render(symbol, style, Format::png, out));
        ASSERT_EQ(decode_png(out), expected_image(symbol, style))
            << style.width << " x " << style.height;
    }
}

TEST(Png, EverySizeOfTheServiceIsExact) {
    const auto symbol = *encode(kUrl, Level::q);
    for (int size = 31; size <= kMaxSize; size += size < 140 ? 1 : 13) {
        std::string out;
        ASSERT_TRUE(render(symbol, sized(size, size), Format::png, out));
        ASSERT_EQ(decode_png(out), expected_image(symbol, sized(size, size))) << size;
    }
}

TEST(Png, ReadersFindTheTextAtEverySizeOfTwoPixelModulesAndMore) {
    for (int size = 66; size <= kMaxSize; size += 23) {
        const Image image = decode_png(file(kUrl, sized(size, size), Format::png));
        EXPECT_EQ(read_with_zxing(image), kUrl) << size;
        EXPECT_EQ(read_with_zbar(image), kUrl) << size;
    }
}

TEST(Png, ReadersFindTextsOfEveryModeAndLevel) {
    std::mt19937 random(4);
    constexpr std::string_view characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_abcdefghij";
    for (int round = 0; round < 60; ++round) {
        std::string text = "https://TN.GG/";
        while (text.size() < 18 + static_cast<std::size_t>(round))
            text += characters[random() % (round % 2 == 0 ? 36 : characters.size())];
        Style style = sized(400, 400);
        style.level = static_cast<Level>(round % 4);
        const Image image = decode_png(file(text, style, Format::png));
        EXPECT_EQ(read_with_zxing(image), text);
        EXPECT_EQ(read_with_zbar(image), text);
    }
}

TEST(Png, ColoursAreAPaletteAndTransparencyShowsThePaper) {
    Style style;
    style.fg = {0x00, 0x00, 0x80};
    style.bg = {0xff, 0xff, 0xf0};
    const Image coloured = decode_png(file(kUrl, style, Format::png));
    EXPECT_EQ(read_with_zxing(coloured), kUrl);
    EXPECT_NE(coloured.at(0, 0), 255);
    style = {};
    style.bg = {255, 255, 255, true};
    const std::string transparent = file(kUrl, style, Format::png);
    EXPECT_NE(transparent.find("tRNS"), std::string::npos);
    EXPECT_EQ(decode_png(transparent), expected_image(*encode(kUrl, Level::q), Style{}));
}

TEST(Svg, IsOnePathInModuleUnits) {
    const std::string svg = file(kUrl, Style{}, Format::svg);
    EXPECT_TRUE(
        svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"95\" height=\"95\" "));
    EXPECT_NE(svg.find("translate(10 10)scale(3)"), std::string::npos);
    EXPECT_NE(svg.find("d=\"M0 0h7v1h-7z"), std::string::npos);
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
    Style style;
    style.bg.transparent = true;
    style.bg = {255, 255, 255, true};
    style.fg = {0x12, 0x34, 0x56};
    const std::string transparent = file(kUrl, style, Format::svg);
    EXPECT_EQ(transparent.find("ffffff"), std::string::npos);
    EXPECT_NE(transparent.find("fill=\"#123456\""), std::string::npos);
}

TEST(Pdf, CrossReferenceTablePointsAtItsObjects) {
    const std::string pdf = "before" + file(kUrl, Style{}, Format::pdf);
    const std::string alone = file(kUrl, Style{}, Format::pdf);
    std::string appended = "before";
    ASSERT_TRUE(draw(kUrl, Style{}, Format::pdf, appended));
    EXPECT_EQ(appended, pdf);
    const auto table = std::stoul(alone.substr(alone.find("startxref\n") + 10));
    ASSERT_EQ(alone.substr(table, 5), "xref\n");
    for (std::size_t object = 1; object <= 4; ++object) {
        const auto at = std::stoul(alone.substr(table + 9 + 20 * object, 10));
        EXPECT_EQ(alone.substr(at, 7), std::to_string(object) + " 0 obj");
    }
    const auto begin = alone.find("stream\n") + 7;
    const auto length = std::stoul(alone.substr(alone.find("/Length ") + 8));
    EXPECT_EQ(alone.substr(begin + length, 11), "\nendstream\n");
}

TEST(Eps, BoxesAreThoseOfThePdf) {
    const std::string eps = file(kUrl, Style{}, Format::eps);
    EXPECT_TRUE(eps.starts_with("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 95 95\n"));
    EXPECT_TRUE(eps.ends_with("showpage\n%%EOF\n"));
    const std::string pdf = file(kUrl, Style{}, Format::pdf);
    std::size_t boxes = 0;
    for (auto at = pdf.find(" re\n"); at != std::string::npos; at = pdf.find(" re\n", at + 1)) {
        const auto begin = pdf.rfind('\n', at) + 1;
        if (pdf.find(" re f", begin) == begin) continue;
        EXPECT_NE(eps.find('\n' + pdf.substr(begin, at - begin) + " b\n"), std::string::npos);
        ++boxes;
    }
    EXPECT_GT(boxes, 100U);
}

TEST(Render, PhysicalSizeIsWrittenToEveryFormat) {
    Style style = sized(300, 600);
    style.unit = Unit::mm;
    style.dpi = 300;
    const std::string png = file(kUrl, style, Format::png);
    const auto at = png.find("pHYs");
    ASSERT_NE(at, std::string::npos);
    EXPECT_EQ(png.substr(at + 4, 9),
              std::string("\0\0\x2e\x23\0\0\x2e\x23\1", 9));  // 11811 per metre
    EXPECT_EQ(decode_png(png), expected_image(*encode(kUrl, Level::q), style));
    EXPECT_NE(file(kUrl, style, Format::svg)
                  .find("width=\"25.4mm\" height=\"50.8mm\" viewBox=\"0 0 300 600\""),
              std::string::npos);
    EXPECT_NE(file(kUrl, style, Format::pdf).find("/MediaBox[0 0 72 144]"), std::string::npos);
    EXPECT_NE(file(kUrl, style, Format::pdf).find("\n0.24 0 0 0.24 0 0 cm\n"), std::string::npos);
    EXPECT_NE(file(kUrl, style, Format::eps).find("%%BoundingBox: 0 0 72 144\n"),
              std::string::npos);
    EXPECT_EQ(file(kUrl, Style{}, Format::png).find("pHYs"), std::string::npos);
}

TEST(Render, CaptionIsDrawnAndTheCodeStillRead) {
    Style style = sized(300, 300);
    style.caption = "ABCDEFGHKM";
    const Image image = decode_png(file(kUrl, style, Format::png));
    EXPECT_EQ(read_with_zxing(image), kUrl);
    EXPECT_EQ(read_with_zbar(image), kUrl);
    const auto place = *layout(25, style);
    const Grid letters = letter(style.caption);
    for (int y = 0; y < letters.height(); ++y)
        for (int x = 0; x < letters.width(); ++x)
            ASSERT_EQ(image.at(place.caption_left + x * place.dot,
                               place.caption_top + y * place.dot) == 0,
                      letters.dark(x, y));
    for (const Format format : {Format::svg, Format::pdf, Format::eps})
        EXPECT_GT(file(kUrl, style, format).size(),
                  file(kUrl, sized(300, 300), format).size() + 500);
}

TEST(Render, SameInputSameBytes) {
    for (const Format format : {Format::png, Format::svg, Format::pdf, Format::eps})
        EXPECT_EQ(file(kUrl, Style{}, format), file(kUrl, Style{}, format));
}

TEST(Render, AppendsNothingWhenItRefuses) {
    std::string out = "kept";
    EXPECT_FALSE(draw(kUrl, sized(30, 30), Format::png, out));
    EXPECT_FALSE(draw("", Style{}, Format::svg, out));
    Style inverted;
    inverted.fg = kWhite;
    inverted.bg = kBlack;
    EXPECT_FALSE(draw(kUrl, inverted, Format::pdf, out));
    EXPECT_EQ(out, "kept");
}

TEST(Etag, DiffersWithEverythingThatDeterminesTheBytes) {
    std::set<std::string> tags;
    std::size_t made = 0;
    const auto add = [&](std::string_view text, const Style& style, Format format) {
        tags.insert(etag(text, style, format));
        ++made;
    };
    for (const Format format : {Format::png, Format::svg, Format::pdf, Format::eps})
        add(kUrl, Style{}, format);
    add("https://TN.GG/ABCDEFGHKN", Style{}, Format::png);
    add(kUrl, sized(95, 96), Format::png);
    add(kUrl, sized(96, 95), Format::png);
    Style style;
    style.level = Level::h;
    add(kUrl, style, Format::png);
    for (const int margin : {0, 3, 4}) {
        style = {};
        style.margin = margin;
        add(kUrl, style, Format::png);
    }
    style = {};
    style.fg.blue = 1;
    add(kUrl, style, Format::png);
    style = {};
    style.bg.blue = 254;
    add(kUrl, style, Format::png);
    style = {};
    style.bg.transparent = true;
    add(kUrl, style, Format::png);
    style = {};
    style.dpi = 300;
    add(kUrl, style, Format::png);
    style = {};
    style.caption = "A";
    add(kUrl, style, Format::png);
    EXPECT_EQ(tags.size(), made);
    EXPECT_EQ(etag(kUrl, Style{}, Format::png), etag(kUrl, Style{}, Format::png));
    EXPECT_EQ(etag(kUrl, Style{}, Format::png).size(), 18U);
}

}  // namespace
}  // namespace qr
