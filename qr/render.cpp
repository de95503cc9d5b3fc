#include "qr/render.hpp"

#include "qr/geometry.hpp"
#include "qr/hash.hpp"
#include "qr/render_formats.hpp"

#include <cstdint>

namespace qr {
namespace {

void add(Hash& hash, int number) {
    hash.add(static_cast<std::uint64_t>(number));
}

void add(Hash& hash, const Color& color) {
    add(hash, color.red << 16 | color.green << 8 | color.blue);
    add(hash, color.transparent ? 1 : 0);
}

}  // namespace

Result<void> render(const Symbol& symbol, const Style& style, Format format, std::string& out) {
    if (const auto colors = check_colors(style.fg, style.bg); !colors) return colors.error();
    const auto place = layout(symbol.width(), style);
    if (!place) return place.error();
    const Grid visible = around_logo(symbol, *place);
    switch (format) {
        case Format::png:
            render_png(visible, style, *place, out);
            break;
        case Format::svg:
            render_svg(visible, style, *place, out);
            break;
        case Format::pdf:
            render_pdf(visible, style, *place, out);
            break;
        case Format::eps:
            render_eps(visible, style, *place, out);
            break;
    }
    return {};
}

Result<void> draw(std::string_view text, const Style& style, Format format, std::string& out) {
    const auto symbol = encode(text, level_of(style));
    if (!symbol) return symbol.error();
    return render(*symbol, style, format, out);
}

Result<void> check_drawing(std::string_view text, const Style& style) {
    if (const auto colors = check_colors(style.fg, style.bg); !colors) return colors.error();
    const auto symbol = encode(text, level_of(style));
    if (!symbol) return symbol.error();
    const auto place = layout(symbol->width(), style);
    if (!place) return place.error();
    return {};
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
    add(hash, kRendererVersion);
    add(hash, static_cast<int>(format));
    add(hash, style.width);
    add(hash, style.height);
    add(hash, static_cast<int>(level_of(style)));
    hash.add(style.logo ? style.logo->hash() : 0);
    add(hash, style.margin.value_or(-1));
    add(hash, style.dpi.value_or(-1));
    add(hash, static_cast<int>(style.caption.size()));
    hash.add(style.caption);
    add(hash, style.fg);
    add(hash, style.bg);
    hash.add(text);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string tag(18, '"');
    for (std::size_t i = 0; i < 16; ++i)
        tag[1 + i] = digits[hash.value() >> (60 - 4 * i) & 15];
    return tag;
}

}  // namespace qr
