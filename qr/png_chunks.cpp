#include "qr/png_chunks.hpp"

#include <cmath>

namespace qr {

void append_big_endian(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(value >> shift & 0xff);
}

void append_png_head(
    std::string& out, int width, int height, char bits_per_channel, char color_type) {
    out += "\x89PNG\r\n\x1a\n";
    append_chunk(out, "IHDR", [&](std::string& data) {
        append_big_endian(data, static_cast<std::uint32_t>(width));
        append_big_endian(data, static_cast<std::uint32_t>(height));
        data += {bits_per_channel, color_type, 0, 0, 0};
    });
}

void append_png_resolution(std::string& out, const Style& style) {
    constexpr char metre = 1;
    if (!style.dpi) return;
    append_chunk(out, "pHYs", [&](std::string& data) {
        const auto per_metre = static_cast<std::uint32_t>(std::lround(*style.dpi / 0.0254));
        append_big_endian(data, per_metre);
        append_big_endian(data, per_metre);
        data += metre;
    });
}

}  // namespace qr
