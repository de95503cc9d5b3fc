// Apart from the other reader: a macro of ZXing's headers breaks this one.
#include "tests/qr/image.hpp"

#include <memory>
#include <zbar.h>

namespace qr_tests {
namespace {

struct FreeZbar {
    void operator()(zbar::zbar_image_scanner_t* scanner) const {
        zbar::zbar_image_scanner_destroy(scanner);
    }
    void operator()(zbar::zbar_image_t* image) const { zbar::zbar_image_destroy(image); }
};

}  // namespace

std::string read_with_zbar(const Image& image) {
    const std::unique_ptr<zbar::zbar_image_scanner_t, FreeZbar> scanner{
        zbar::zbar_image_scanner_create()};
    zbar::zbar_image_scanner_set_config(scanner.get(), zbar::ZBAR_NONE, zbar::ZBAR_CFG_ENABLE, 0);
    zbar::zbar_image_scanner_set_config(scanner.get(), zbar::ZBAR_QRCODE, zbar::ZBAR_CFG_ENABLE, 1);
    const std::unique_ptr<zbar::zbar_image_t, FreeZbar> view{zbar::zbar_image_create()};
    zbar::zbar_image_set_format(view.get(), zbar_fourcc('Y', '8', '0', '0'));
    zbar::zbar_image_set_size(view.get(), static_cast<unsigned>(image.width),
                              static_cast<unsigned>(image.height));
    zbar::zbar_image_set_data(view.get(), image.grey.data(), image.grey.size(), nullptr);
    if (zbar::zbar_scan_image(scanner.get(), view.get()) <= 0) return {};
    const auto* symbol = zbar::zbar_image_first_symbol(view.get());
    return {zbar::zbar_symbol_get_data(symbol), zbar::zbar_symbol_get_data_length(symbol)};
}

}  // namespace qr_tests
