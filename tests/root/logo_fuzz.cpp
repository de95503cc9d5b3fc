// What may be uploaded as a logo, and what its record may hold.
#include "redirector/cached_logo.hpp"
#include "redirector/logo_codes.hpp"
#include "redirector/picture.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto picture = redirector::read_png(bytes);
    if (picture) {
        const auto pixels =
            static_cast<std::size_t>(picture->width) * static_cast<std::size_t>(picture->height);
        if (pixels > redirector::kMaxPixels || picture->rgba.size() != 4 * pixels) std::abort();
    }
    const auto uploaded = redirector::read_logo(bytes);
    if (uploaded.has_value() && !picture) std::abort();
    if (!uploaded && !uploaded.error().message.starts_with("logo ")) std::abort();
    const auto logo = redirector::decode_logo(bytes);
    if (!logo) return 0;
    // Colours without alpha are lost the first time, and nothing after that.
    const auto again = redirector::decode_logo(redirector::encode_logo(*logo));
    if (!again || again->hash() != logo->hash()) std::abort();
    return 0;
}
