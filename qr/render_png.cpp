// PNG (ISO/IEC 15948:2004) of 1 bit per pixel: greyscale for black on white, else a palette of two.
// All lines of one module row are equal, so only one line per module row is ever made.
#include "qr/checksum.hpp"
#include "qr/deflate.hpp"
#include "qr/render_formats.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace qr {
namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";
constexpr char kGreyscale = 0;
constexpr char kPalette = 3;

void append_big_endian(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(value >> shift & 0xff);
}

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

// Clears the bits of pixels begin to end - 1 of a line; the leftmost pixel of a byte is its highest
// bit.
void clear_pixels(std::uint8_t* pixels, int begin, int end) {
    const int first = begin / 8;
    const int last = end / 8;
    const auto keep_left = static_cast<std::uint8_t>(~(0xff >> begin % 8));
    const auto keep_right = static_cast<std::uint8_t>(0xff >> end % 8);
    if (first == last) {
        pixels[first] &= static_cast<std::uint8_t>(keep_left | keep_right);
        return;
    }
    pixels[first] &= keep_left;
    std::fill(pixels + first + 1, pixels + last, std::uint8_t{0});
    if (end % 8 != 0) pixels[last] &= keep_right;
}

// Scanlines (filter type 0, then pixels: 1 is background) and how often each is repeated: the
// border above, one per module row, the border below.
void append_image(const Symbol& symbol,
                  const Style& style,
                  const Layout& layout,
                  std::string& out) {
    const int modules = symbol.width();
    const auto stride = static_cast<std::size_t>(1 + (style.width + 7) / 8);
    const auto lines = static_cast<std::size_t>(modules + 2);
    std::vector<std::uint8_t> bytes(stride * lines, 0xff);
    std::vector<int> repeats(lines, layout.module);
    repeats.front() = layout.top;
    repeats.back() = style.height - layout.top - modules * layout.module;
    for (std::size_t i = 0; i < lines; ++i)
        bytes[i * stride] = 0;
    for (int y = 0; y < modules; ++y) {
        std::uint8_t* pixels = bytes.data() + static_cast<std::size_t>(y + 1) * stride + 1;
        for (int x = symbol.find(true, 0, y); x < modules;) {
            const int end = symbol.find(false, x, y);
            clear_pixels(pixels, layout.left + x * layout.module,
                         layout.left + end * layout.module);
            x = symbol.find(true, end, y);
        }
    }
    append_zlib(bytes, stride, repeats, out);
}

void append_color(std::string& out, const Color& color) {
    for (const std::uint8_t channel : {color.red, color.green, color.blue})
        out += static_cast<char>(channel);
}

}  // namespace

void render_png(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out) {
    const bool plain = style.fg == kBlack && style.bg == kWhite;
    out += kSignature;
    append_chunk(out, "IHDR", [&](std::string& data) {
        append_big_endian(data, static_cast<std::uint32_t>(style.width));
        append_big_endian(data, static_cast<std::uint32_t>(style.height));
        data += {1, plain ? kGreyscale : kPalette, 0, 0, 0};
    });
    if (!plain)
        append_chunk(out, "PLTE", [&](std::string& data) {
            append_color(data, style.fg);
            append_color(data, style.bg);
        });
    if (style.bg.transparent)
        append_chunk(out, "tRNS", [](std::string& data) { data += {'\xff', '\0'}; });
    append_chunk(out, "IDAT",
                 [&](std::string& data) { append_image(symbol, style, layout, data); });
    append_chunk(out, "IEND", [](std::string&) {});
}

}  // namespace qr
