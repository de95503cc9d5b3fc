// PNG chunks: the frame around the pixels.
// Source:  ISO/IEC 15948:2004 sections 5 and 11.
#pragma once

#include "qr/checksum.hpp"
#include "qr/style.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qr {

void append_big_endian(std::string& out, std::uint32_t value);

// Signature and IHDR.
void append_png_head(
    std::string& out, int width, int height, char bits_per_channel, char color_type);

// pHYs, where the style says how many pixels there are to an inch.
void append_png_resolution(std::string& out, const Style& style);

// A chunk is length, type, data, and a checksum of type and data. The data is what `write` appends.
template <class Write>
void append_chunk(std::string& out, std::string_view type, Write write) {
    const std::size_t start = out.size();
    append_big_endian(out, 0);
    out += type;
    write(out);
    const auto length = static_cast<std::uint32_t>(out.size() - start - 8);
    for (std::size_t i = 0; i < 4; ++i)
        out[start + i] = static_cast<char>(length >> (24 - 8 * i) & 0xff);
    append_big_endian(out, crc32(std::string_view(out).substr(start + 4)));
}

}  // namespace qr
