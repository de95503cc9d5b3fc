#include "qr/render.hpp"

#include "qr/geometry.hpp"
#include "qr/render_formats.hpp"

#include <array>
#include <cstdint>

namespace qr {
namespace {

// FNV-1a: spreads short keys well, and needs no state beyond 64 bits.
class Hash {
  public:
    void add(std::string_view bytes) {
        for (const char c : bytes)
            value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    // Fixed width, so that two lists of numbers never run into the same bytes.
    void add(int number) {
        auto rest = static_cast<std::uint32_t>(number);
        for (int i = 0; i < 4; ++i, rest >>= 8)
            value_ = (value_ ^ (rest & 0xff)) * 0x100000001b3U;
    }
    void add(const Color& color) {
        add(color.red << 16 | color.green << 8 | color.blue);
        add(color.transparent ? 1 : 0);
    }
    [[nodiscard]] std::uint64_t value() const { return value_; }

  private:
    std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace

Result<void> render(const Symbol& symbol, const Style& style, Format format, std::string& out) {
    if (const auto colors = check_colors(style.fg, style.bg); !colors) return colors.error();
    const auto place = layout(symbol.width(), style);
    if (!place) return place.error();
    switch (format) {
        case Format::png:
            render_png(symbol, style, *place, out);
            break;
        case Format::svg:
            render_svg(symbol, style, *place, out);
            break;
        case Format::pdf:
            render_pdf(symbol, style, *place, out);
            break;
        case Format::eps:
            render_eps(symbol, style, *place, out);
            break;
    }
    return {};
}

Result<void> draw(std::string_view text, const Style& style, Format format, std::string& out) {
    const auto symbol = encode(text, style.level);
    if (!symbol) return symbol.error();
    return render(*symbol, style, format, out);
}

std::string_view media_type(Format format) {
    switch (format) {
        case Format::png:
            break;
        case Format::svg:
            return "image/svg+xml";
        case Format::pdf:
            return "application/pdf";
        case Format::eps:
            return "application/postscript";
    }
    return "image/png";
}

std::string etag(std::string_view text, const Style& style, Format format) {
    Hash hash;
    hash.add(kRendererVersion);
    hash.add(static_cast<int>(format));
    hash.add(style.width);
    hash.add(style.height);
    hash.add(static_cast<int>(style.level));
    hash.add(style.margin.value_or(-1));
    hash.add(style.dpi.value_or(-1));
    hash.add(static_cast<int>(style.caption.size()));
    hash.add(style.caption);
    hash.add(style.fg);
    hash.add(style.bg);
    hash.add(text);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string tag(18, '"');
    for (std::size_t i = 0; i < 16; ++i)
        tag[1 + i] = digits[hash.value() >> (60 - 4 * i) & 15];
    return tag;
}

}  // namespace qr
