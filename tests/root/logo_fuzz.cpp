// What may be uploaded as a logo, and what its record may hold. A file is also tried with the
// checksums of its chunks put right, without which little is looked at.
#include "qr/checksum.hpp"
#include "redirector/cached_logo.hpp"
#include "redirector/logo_codes.hpp"
#include "redirector/picture.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void try_upload(std::string_view bytes) {
    const auto picture = redirector::read_png(bytes);
    if (picture) {
        const auto pixels =
            static_cast<std::size_t>(picture->width) * static_cast<std::size_t>(picture->height);
        if (pixels > redirector::kMaxPixels || picture->rgba.size() != 4 * pixels) std::abort();
    }
    const auto logo = redirector::read_logo(bytes);
    if (logo.has_value() && !picture) std::abort();
    if (!logo && !logo.error().message.starts_with("logo ")) std::abort();
}

// PNG 5.3: after the signature, chunks of a length, a type, so many bytes, and their checksum.
std::string with_checksums(std::string file) {
    constexpr std::size_t kSignature = 8;
    constexpr std::size_t kFrame = 12;
    for (std::size_t at = kSignature; at + kFrame <= file.size();) {
        std::size_t length = 0;
        for (std::size_t i = 0; i < 4; ++i)
            length = length << 8 | static_cast<std::uint8_t>(file[at + i]);
        if (length > file.size() - at - kFrame) break;
        const auto checksum = qr::crc32(std::string_view(file).substr(at + 4, 4 + length));
        for (std::size_t i = 0; i < 4; ++i)
            file[at + 8 + length + i] = static_cast<char>(checksum >> (24 - 8 * i) & 0xff);
        at += kFrame + length;
    }
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try_upload(bytes);
    try_upload(with_checksums(std::string(bytes)));
    const auto logo = redirector::decode_logo(bytes);
    if (!logo) return 0;
    // Colours without alpha are lost the first time, and nothing after that.
    const auto again = redirector::decode_logo(redirector::encode_logo(*logo));
    if (!again || again->hash() != logo->hash()) std::abort();
    return 0;
}
