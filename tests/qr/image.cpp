#include "tests/qr/image.hpp"

#include <png.h>

namespace qr_tests {

Image decode_png(std::string_view file) {
    png_image png{};
    png.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&png, file.data(), file.size()) == 0) return {};
    png.format = PNG_FORMAT_GRAY;
    Image image{static_cast<int>(png.width), static_cast<int>(png.height), {}};
    image.grey.resize(PNG_IMAGE_SIZE(png));
    const png_color white{255, 255, 255};
    if (png_image_finish_read(&png, &white, image.grey.data(), 0, nullptr) == 0) return {};
    return image;
}

}  // namespace qr_tests
