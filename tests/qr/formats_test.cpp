// Every vector format, drawn by a renderer that is not ours, is the same picture as our PNG, pixel
// by pixel, and is read back.
#include "qr/geometry.hpp"
#include "qr/logo.hpp"
#include "qr/render.hpp"
#include "qr/sheet.hpp"
#include "tests/qr/image.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace qr {
namespace {

using qr_tests::decode_png;
using qr_tests::Image;
using qr_tests::read_with_zbar;
using qr_tests::read_with_zxing;

constexpr std::string_view kUrl = "https://TN.GG/ABCDEFGHKM";

// A folder of its own that goes away with it.
class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "qr_formats.XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

class Formats : public testing::Test {
  protected:
    void SetUp() override {
        for (const auto& [command, package] : {std::pair{"rsvg-convert", "librsvg2-bin"},
                                               {"pdftocairo", "poppler-utils"},
                                               {"gs", "ghostscript"}})
            ASSERT_EQ(std::system((std::string("command -v ") + command + " >/dev/null").c_str()),
                      0)
                << command << " is missing (Debian package " << package << ")";
    }

    // The picture that another program makes of the file.
    Image picture(const std::string& bytes, Format format, int dpi, double svg_zoom = 1) {
        const std::string in = folder_.file("in");
        const std::string out = folder_.file("out.png");
        std::ofstream(in, std::ios::binary) << bytes;
        const std::string resolution = std::to_string(dpi);
        std::string command;
        if (format == Format::svg)
            command = "rsvg-convert -z " + std::to_string(svg_zoom) + " -d " + resolution + " -p " +
                      resolution + " -o " + out + ' ' + in;
        if (format == Format::pdf)
            command = "pdftocairo -png -singlefile -r " + resolution + ' ' + in + ' ' +
                      folder_.file("out");
        if (format == Format::eps)
            command = "gs -q -dSAFER -dBATCH -dNOPAUSE -dEPSCrop -sDEVICE=png16m -r" + resolution +
                      " -sOutputFile=" + out + ' ' + in;
        EXPECT_EQ(std::system(command.c_str()), 0) << command;
        std::ifstream file(out, std::ios::binary);
        return decode_png(std::string{std::istreambuf_iterator<char>(file), {}});
    }

    void expect_same_picture(std::string_view text, const Style& style) {
        std::string bytes;
        ASSERT_TRUE(draw(text, style, Format::png, bytes));
        const Image png = decode_png(bytes);
        for (const Format format : {Format::svg, Format::pdf, Format::eps}) {
            bytes.clear();
            ASSERT_TRUE(draw(text, style, format, bytes));
            const Image image =
                picture(bytes, format, style.dpi.value_or(format == Format::svg ? 96 : 72));
            ASSERT_EQ(image.width, png.width) << media_type(format);
            ASSERT_EQ(image.height, png.height) << media_type(format);
            std::size_t differing = 0;
            for (std::size_t i = 0; i < png.grey.size(); ++i)
                differing += std::abs(image.grey[i] - png.grey[i]) > 1 ? 1 : 0;
            EXPECT_EQ(differing, 0U)
                << media_type(format) << ' ' << style.width << " x " << style.height;
            EXPECT_EQ(read_with_zxing(image), text) << media_type(format);
            EXPECT_EQ(read_with_zbar(image), text) << media_type(format);
        }
    }

    Folder folder_;
};

Style sized(int width, int height) {
    Style style;
    style.width = width;
    style.height = height;
    return style;
}

TEST_F(Formats, SamePictureAtEverySize) {
    for (const auto& [width, height] : {std::pair{95, 95},
                                        {66, 66},
                                        {99, 99},
                                        {131, 131},
                                        {256, 256},
                                        {800, 800},
                                        {95, 200},
                                        {400, 99}})
        expect_same_picture(kUrl, sized(width, height));
}

TEST_F(Formats, SamePictureAtEveryLevelAndVersion) {
    for (const Level level : {Level::l, Level::m, Level::q, Level::h})
        for (const std::size_t length : {4U, 60U, 300U}) {
            Style style = sized(800, 800);
            style.level = level;
            expect_same_picture("https://EXAMPLE.ORG/" + std::string(length, 'x'), style);
        }
}

TEST_F(Formats, SamePictureWithCaptionColoursAndMargin) {
    Style style = sized(300, 340);
    style.caption = "ABCDEFGHKM";
    expect_same_picture(kUrl, style);
    style.fg = {0x30, 0x10, 0x60};
    style.bg = {0xf8, 0xf8, 0xd0};
    expect_same_picture(kUrl, style);
    style.margin = 6;
    expect_same_picture(kUrl, style);
}

TEST_F(Formats, SamePictureOnPaper) {
    for (const int dpi : {150, 300, 600}) {
        Style style = sized(dpi, dpi * 3 / 2);
        style.unit = Unit::mm;
        style.dpi = dpi;
        style.caption = "ABCDEFGHKM";
        expect_same_picture(kUrl, style);
    }
}

// Renderers scale pictures each in their own way, so only what lies around the logo is compared.
TEST_F(Formats, LogoLiesInTheMiddleOfEveryFormat) {
    std::vector<std::uint8_t> rgba;
    for (int i = 0; i < 64 * 48; ++i)
        rgba.insert(rgba.end(), {0xd0, 0x10, 0x10, 0xff});
    Style style = sized(400, 400);
    style.logo = *Logo::make(64, 48, rgba);
    std::string bytes;
    ASSERT_TRUE(draw(kUrl, style, Format::png, bytes));
    const Image png = decode_png(bytes);
    const int modules = encode(kUrl, Level::h)->width();
    const auto place = logo_place(*layout(modules, style), modules, *style.logo);
    for (const Format format : {Format::svg, Format::pdf, Format::eps}) {
        bytes.clear();
        ASSERT_TRUE(draw(kUrl, style, format, bytes));
        const Image image = picture(bytes, format, format == Format::svg ? 96 : 72);
        ASSERT_EQ(image.width, png.width);
        std::size_t differing = 0;
        for (int y = 0; y < png.height; ++y)
            for (int x = 0; x < png.width; ++x) {
                const bool near_logo = x >= place.left - 2 && x < place.left + place.width + 2 &&
                                       y >= place.top - 2 && y < place.top + place.height + 2;
                if (!near_logo && std::abs(image.at(x, y) - png.at(x, y)) > 1) ++differing;
            }
        EXPECT_EQ(differing, 0U) << media_type(format);
        EXPECT_NEAR(image.at(200, 200), png.at(200, 200), 4) << media_type(format);
        EXPECT_EQ(read_with_zxing(image), kUrl) << media_type(format);
        EXPECT_EQ(read_with_zbar(image), kUrl) << media_type(format);
    }
}

TEST_F(Formats, TransparentVectorsShowThePaper) {
    Style style = sized(200, 200);
    style.bg.transparent = true;
    style.bg = {255, 255, 255, true};
    for (const Format format : {Format::svg, Format::pdf, Format::eps}) {
        std::string bytes;
        ASSERT_TRUE(draw(kUrl, style, format, bytes));
        EXPECT_EQ(read_with_zxing(picture(bytes, format, format == Format::svg ? 96 : 72)), kUrl);
    }
}

// At resolutions that do not fit the modules, edges turn grey but nothing inside a dark area may.
TEST_F(Formats, NoSeamsAtAnyZoom) {
    for (const Format format : {Format::svg, Format::pdf}) {
        std::string bytes;
        ASSERT_TRUE(draw(kUrl, Style{}, format, bytes));
        for (const int dpi : {50, 101, 173, 257, 333}) {
            const double scale = dpi / 72.0;
            const Image image = picture(bytes, format, format == Format::svg ? 96 : dpi, scale);
            // The finder's centre: modules 2 to 4 of both axes, 3 pixels each, 10 pixels from the
            // edge.
            const int begin = static_cast<int>((10 + 2 * 3) * scale) + 1;
            const int end = static_cast<int>((10 + 5 * 3) * scale) - 1;
            for (int y = begin; y < end; ++y)
                for (int x = begin; x < end; ++x)
                    ASSERT_EQ(image.at(x, y), 0) << dpi << ' ' << x << ' ' << y;
        }
    }
}

TEST_F(Formats, EveryLabelOfASheetIsRead) {
    std::string bytes;
    Sheet sheet(sheet_presets()[0].layout, Style{}, bytes);
    std::set<std::string> expected;
    for (int i = 0; i < 21; ++i) {
        const std::string id = "ABCDEF" + std::to_string(1000 + i);
        ASSERT_TRUE(sheet.add("https://TN.GG/" + id, id, bytes));
        expected.insert("https://TN.GG/" + id);
    }
    sheet.finish(bytes);
    const Image page = picture(bytes, Format::pdf, 200);
    std::set<std::string> found;
    for (int row = 0; row < 7; ++row)
        for (int column = 0; column < 3; ++column) {
            // Cut each label out: millimetres to pixels at 200 dpi.
            const auto pixels = [](double mm) { return static_cast<int>(mm * 200 / 25.4); };
            Image label{pixels(63.5), pixels(38.1), {}};
            for (int y = 0; y < label.height; ++y)
                for (int x = 0; x < label.width; ++x)
                    label.grey.push_back(
                        page.at(pixels(7.25 + column * 66) + x, pixels(15.15 + row * 38.1) + y));
            found.insert(read_with_zxing(label));
        }
    EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace qr
