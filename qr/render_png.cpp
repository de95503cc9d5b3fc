// PNG (ISO/IEC 15948:2004) of 1 bit per pixel: greyscale for black on white, else a palette of two.
// All lines of one module row are equal, so only one line per module row is ever made.
#include "qr/byte_order.hpp"
#include "qr/deflate.hpp"
#include "qr/lettering.hpp"
#include "qr/png_chunks.hpp"
#include "qr/render_formats.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace qr {
namespace {

constexpr char kGreyscale = 0;
constexpr char kPalette = 3;

// One scanline: filter type 0, then the pixels, leftmost in the highest bit; 1 is background.
class Scanline {
  public:
    explicit Scanline(int width)
        : bytes_(static_cast<std::size_t>((width + 7) / 8)), turns_(bytes_ / 8 + 1) {}

    [[nodiscard]] std::size_t bytes() const { return 1 + bytes_; }

    // From this pixel on (0 to the width) the other colour; in any order, each at most once per
    // line.
    void turn(int pixel) {
        const auto at = static_cast<unsigned>(pixel);
        turns_[at / 64] |= std::uint64_t{1} << (63 - at % 64);
    }
    // Writes the line and forgets its turns. Up to eight bytes after the line are written too.
    void write(std::uint8_t* to) {
        *to++ = 0;
        std::uint64_t color = ~std::uint64_t{0};
        for (std::uint64_t& turns : turns_) {
            // Each pixel becomes the parity of the turns up to it.
            std::uint64_t pixels = turns;
            for (int shift = 1; shift < 64; shift *= 2)
                pixels ^= pixels >> shift;
            pixels ^= color;
            color = (pixels & 1) != 0 ? ~std::uint64_t{0} : 0;
            turns = 0;
            store_big_endian(to, pixels);
            to += sizeof pixels;
        }
    }

  private:
    std::size_t bytes_;
    std::vector<std::uint64_t> turns_;
};

// The different lines of an image, from the top, and how often each is repeated.
class Lines {
  public:
    Lines(int width, std::size_t most) : line_(width), bytes_(line_.bytes() * most + kReadAhead) {
        static_assert(kReadAhead >= 8, "a line may write so far past its end");
        repeats_.reserve(most);
    }
    // `height` pixels of background.
    void add_blank(int height) { add(height); }
    // All rows of the grid, each module of `module` pixels, from `left` pixels on.
    void add_grid(const Grid& grid, int module, int left) {
        for (int y = 0; y < grid.height(); ++y) {
            grid.each_turn(y, [&](int x) { line_.turn(left + x * module); });
            add(module);
        }
    }
    void append_to(std::string& out) const {
        append_zlib(std::span(bytes_).first(line_.bytes() * repeats_.size() + kReadAhead),
                    line_.bytes(), repeats_, out);
    }

  private:
    void add(int repeats) {
        line_.write(bytes_.data() + line_.bytes() * repeats_.size());
        repeats_.push_back(repeats);
    }

    Scanline line_;
    std::vector<std::uint8_t> bytes_;
    std::vector<int> repeats_;
};

void append_image(const Symbol& symbol,
                  const Style& style,
                  const Layout& layout,
                  std::string& out) {
    constexpr std::size_t blanks = 3;  // above the symbol, between it and the caption, below
    Lines lines(style.width, static_cast<std::size_t>(symbol.height()) + kLetterHeight + blanks);
    lines.add_blank(layout.top);
    lines.add_grid(symbol, layout.module, layout.left);
    int end = layout.top + symbol.height() * layout.module;
    if (layout.dot > 0) {
        lines.add_blank(layout.caption_top - end);
        lines.add_grid(letter(style.caption), layout.dot, layout.caption_left);
        end = layout.caption_top + kLetterHeight * layout.dot;
    }
    lines.add_blank(style.height - end);
    lines.append_to(out);
}

void append_color(std::string& out, const Color& color) {
    for (const std::uint8_t channel : {color.red, color.green, color.blue})
        out += static_cast<char>(channel);
}

}  // namespace

void render_png(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out) {
    if (style.logo) return render_png_with_logo(symbol, style, layout, out);
    const bool plain = style.fg == kBlack && style.bg == kWhite;
    append_png_head(out, style.width, style.height, 1, plain ? kGreyscale : kPalette);
    if (!plain)
        append_chunk(out, "PLTE", [&](std::string& data) {
            append_color(data, style.fg);
            append_color(data, style.bg);
        });
    if (style.bg.transparent)
        append_chunk(out, "tRNS", [](std::string& data) { data += {'\xff', '\0'}; });
    append_png_resolution(out, style);
    append_chunk(out, "IDAT",
                 [&](std::string& data) { append_image(symbol, style, layout, data); });
    append_chunk(out, "IEND", [](std::string&) {});
}

}  // namespace qr
