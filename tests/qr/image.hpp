// Images as the tests see them: grey pixels, and what two independent readers find in them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qr_tests {

struct Image {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t>
        grey;  // row by row, 0 black to 255 white; transparent pixels show white

    [[nodiscard]] std::uint8_t at(int x, int y) const {
        return grey[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                    static_cast<std::size_t>(x)];
    }
    bool operator==(const Image&) const = default;
};

// The PNG file's pixels by libpng; an empty image when libpng refuses the file.
Image decode_png(std::string_view file);

// The text of the QR code in the image, or "" when the reader finds none.
std::string read_with_zxing(const Image& image);
std::string read_with_zbar(const Image& image);

}  // namespace qr_tests
