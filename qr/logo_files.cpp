#include "qr/logo_files.hpp"

#include "qr/deflate.hpp"
#include "qr/png_chunks.hpp"

#include <array>
#include <vector>

namespace qr {
namespace {

// Each pixel's channels from `first` on, in lines that begin with a zero byte (PNG's filter type)
// or not.
std::string deflated(const Logo& logo, std::size_t first, std::size_t count, bool filtered) {
    const auto width = static_cast<std::size_t>(logo.width());
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < logo.rgba().size() / 4; ++i) {
        if (filtered && i % width == 0) bytes.push_back(0);
        for (std::size_t channel = first; channel < first + count; ++channel)
            bytes.push_back(logo.rgba()[4 * i + channel]);
    }
    bytes.resize(bytes.size() + kReadAhead);
    const std::vector<int> once(static_cast<std::size_t>(logo.height()), 1);
    std::string out;
    append_zlib(bytes, width * count + (filtered ? 1 : 0), once, out);
    return out;
}

void append_base64(std::string& out, std::string_view bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group =
                group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
}

}  // namespace

void append_base64_png(std::string& out, const Logo& logo) {
    constexpr char true_color_alpha = 6;
    std::string png;
    append_png_head(png, logo.width(), logo.height(), 8, true_color_alpha);
    append_chunk(png, "IDAT", [&](std::string& data) { data += deflated(logo, 0, 4, true); });
    append_chunk(png, "IEND", [](std::string&) {});
    append_base64(out, png);
}

std::string deflated_colors(const Logo& logo) {
    return deflated(logo, 0, 3, false);
}

std::string deflated_alpha(const Logo& logo) {
    return deflated(logo, 3, 1, false);
}

void append_hex_colors(std::string& out, const Logo& logo, const Color& background) {
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::size_t pixels_per_line = 12;
    const std::array<int, 3> under{background.red, background.green, background.blue};
    for (std::size_t i = 0; i < logo.rgba().size() / 4; ++i) {
        const std::uint8_t* const pixel = &logo.rgba()[4 * i];
        for (std::size_t channel = 0; channel < 3; ++channel) {
            const int over =
                (pixel[channel] * pixel[3] + under[channel] * (255 - pixel[3]) + 127) / 255;
            out += digits[static_cast<std::size_t>(over >> 4)];
            out += digits[static_cast<std::size_t>(over & 15)];
        }
        if (i % pixels_per_line == pixels_per_line - 1) out += '\n';
    }
    out += '\n';
}

}  // namespace qr
