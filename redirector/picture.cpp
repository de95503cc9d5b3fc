#include "redirector/picture.hpp"

#include <cstring>
#include <memory>
#include <png.h>
#include <zbar.h>

namespace redirector {
namespace {

constexpr std::size_t kMaxOwnPixels = 2400 * 2400;

// libpng's simplified interface: no jumps, and errors as text.
class PngReader {
  public:
    explicit PngReader(std::string_view bytes) {
        image_.version = PNG_IMAGE_VERSION;
        begun_ = png_image_begin_read_from_memory(&image_, bytes.data(), bytes.size()) != 0;
    }
    ~PngReader() { png_image_free(&image_); }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;

    bool begun() const { return begun_; }
    std::size_t pixels() const { return std::size_t{image_.width} * image_.height; }
    int width() const { return static_cast<int>(image_.width); }
    int height() const { return static_cast<int>(image_.height); }
    const char* message() const { return image_.message; }

    // `format` of 8 bits per channel. False: the picture is broken.
    bool read(png_uint_32 format, const png_color* background, std::vector<std::uint8_t>& out) {
        image_.format = format;
        out.resize(PNG_IMAGE_SIZE(image_));
        return png_image_finish_read(&image_, background, out.data(), 0, nullptr) != 0;
    }

  private:
    png_image image_{};
    bool begun_ = false;
};

struct FreeZbar {
    void operator()(zbar::zbar_image_scanner_t* scanner) const {
        zbar::zbar_image_scanner_destroy(scanner);
    }
    void operator()(zbar::zbar_image_t* image) const { zbar::zbar_image_destroy(image); }
};

}  // namespace

boost::system::result<Picture, PictureProblem> read_png(std::string_view bytes) {
    PngReader reader(bytes);
    if (!reader.begun())
        return PictureProblem{"must be a PNG file: " + std::string(reader.message())};
    if (reader.pixels() > kMaxPixels)
        return PictureProblem{"must have at most " + std::to_string(kMaxPixels) + " pixels"};
    Picture picture{reader.width(), reader.height(), {}};
    if (!reader.read(PNG_FORMAT_RGBA, nullptr, picture.rgba))
        return PictureProblem{"is a broken PNG file: " + std::string(reader.message())};
    return picture;
}

std::string write_png(int width, int height, std::span<const std::uint8_t> rgba) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width);
    image.height = static_cast<png_uint_32>(height);
    image.format = PNG_FORMAT_RGBA;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    std::string bytes(size, '\0');
    if (png_image_write_to_memory(&image, bytes.data(), &size, 0, rgba.data(), 0, nullptr) == 0)
        return {};
    bytes.resize(size);
    return bytes;
}

std::string read_code(std::string_view png) {
    PngReader reader(png);
    if (!reader.begun() || reader.pixels() > kMaxOwnPixels) return {};
    constexpr png_color kPaper{255, 255, 255};
    std::vector<std::uint8_t> grey;
    if (!reader.read(PNG_FORMAT_GRAY, &kPaper, grey)) return {};
    const std::unique_ptr<zbar::zbar_image_scanner_t, FreeZbar> scanner{
        zbar::zbar_image_scanner_create()};
    zbar::zbar_image_scanner_set_config(scanner.get(), zbar::ZBAR_NONE, zbar::ZBAR_CFG_ENABLE, 0);
    zbar::zbar_image_scanner_set_config(scanner.get(), zbar::ZBAR_QRCODE, zbar::ZBAR_CFG_ENABLE, 1);
    const std::unique_ptr<zbar::zbar_image_t, FreeZbar> view{zbar::zbar_image_create()};
    zbar::zbar_image_set_format(view.get(), zbar_fourcc('Y', '8', '0', '0'));
    zbar::zbar_image_set_size(view.get(), static_cast<unsigned>(reader.width()),
                              static_cast<unsigned>(reader.height()));
    zbar::zbar_image_set_data(view.get(), grey.data(), grey.size(), nullptr);
    // Two codes in one image are as bad as none.
    if (zbar::zbar_scan_image(scanner.get(), view.get()) != 1) return {};
    const auto* const symbol = zbar::zbar_image_first_symbol(view.get());
    return {zbar::zbar_symbol_get_data(symbol), zbar::zbar_symbol_get_data_length(symbol)};
}

}  // namespace redirector
