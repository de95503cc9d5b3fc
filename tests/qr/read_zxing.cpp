#define ZX_USE_UTF8 1
#include "tests/qr/image.hpp"

#include <ZXing/ReadBarcode.h>

namespace qr_tests {

std::string read_with_zxing(const Image& image) {
    ZXing::DecodeHints hints;
    hints.setFormats(ZXing::BarcodeFormat::QRCode);
    const ZXing::ImageView view(image.grey.data(), image.width, image.height,
                                ZXing::ImageFormat::Lum);
    const auto result = ZXing::ReadBarcode(view, hints);
    if (!result.isValid()) return {};
    const auto& bytes = result.bytes();
    return {bytes.begin(), bytes.end()};
}

}  // namespace qr_tests
