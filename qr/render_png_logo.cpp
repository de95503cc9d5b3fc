// PNG of 24 or 32 bits per pixel, for codes with a logo. Lines are made one by one where the logo
// is, and once per module row elsewhere.
#include "qr/deflate.hpp"
#include "qr/lettering.hpp"
#include "qr/png_chunks.hpp"
#include "qr/render_formats.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace qr {
namespace {

constexpr char kTrueColor = 2;
constexpr char kTrueColorAlpha = 6;

// A grid in the image: rows of `module` pixels from `top` on.
struct Part {
    const Grid& grid;
    int module;
    int left;
    int top;

    [[nodiscard]] int bottom() const { return top + grid.height() * module; }
};

class Painter {
  public:
    Painter(const Symbol& symbol, const Style& style, const Layout& layout)
        : style_(style),
          place_(logo_place(layout, symbol.width(), *style.logo)),
          picture_(style.logo->resampled(place_.width, place_.height)),
          caption_(layout.dot > 0 ? letter(style.caption) : Grid(1, 1)),
          channels_(style.bg.transparent ? 4 : 3) {
        parts_.push_back({symbol, layout.module, layout.left, layout.top});
        if (layout.dot > 0)
            parts_.push_back({caption_, layout.dot, layout.caption_left, layout.caption_top});
    }

    void append_image(std::string& out) {
        std::vector<int> repeats;
        for (int y = 0; y < style_.height; y += repeats.back()) {
            append_line(y);
            repeats.push_back(same_until(y) - y);
        }
        const auto stride = 1 + static_cast<std::size_t>(style_.width) * channels_;
        bytes_.resize(bytes_.size() + kReadAhead);
        append_zlib(bytes_, stride, repeats, out);
    }

  private:
    [[nodiscard]] bool in_logo(int y) const {
        return y >= place_.top && y < place_.top + place_.height;
    }
    // The first line after y that may differ from it.
    [[nodiscard]] int same_until(int y) const {
        if (in_logo(y)) return y + 1;
        int end = y < place_.top ? place_.top : style_.height;
        for (const Part& part : parts_) {
            if (y < part.top)
                end = std::min(end, part.top);
            else if (y < part.bottom())
                end = std::min(end, y + part.module - (y - part.top) % part.module);
        }
        return end;
    }
    void append_line(int y) {
        bytes_.push_back(0);  // filter type
        const std::size_t start = bytes_.size();
        bytes_.resize(start + static_cast<std::size_t>(style_.width) * channels_);
        line_ = bytes_.data() + start;
        fill(0, style_.width, style_.bg);
        for (const Part& part : parts_) {
            if (y < part.top || y >= part.bottom()) continue;
            int begin = -1;
            part.grid.each_turn((y - part.top) / part.module, [&](int x) {
                if (begin >= 0)
                    fill(part.left + begin * part.module, part.left + x * part.module, style_.fg);
                begin = begin >= 0 ? -1 : x;
            });
        }
        if (in_logo(y)) add_picture(y - place_.top);
    }
    void fill(int begin, int end, const Color& color) {
        for (int x = begin; x < end; ++x) {
            std::uint8_t* const pixel = line_ + static_cast<std::size_t>(x) * channels_;
            pixel[0] = color.red;
            pixel[1] = color.green;
            pixel[2] = color.blue;
            if (channels_ == 4) pixel[3] = color.transparent ? 0 : 255;
        }
    }
    // Over the background, which is all there is under the logo; a transparent one is replaced.
    void add_picture(int row) {
        const std::uint8_t* from = &picture_[static_cast<std::size_t>(row * place_.width) * 4];
        std::uint8_t* to = line_ + static_cast<std::size_t>(place_.left) * channels_;
        for (int x = 0; x < place_.width; ++x, from += 4, to += channels_) {
            if (channels_ == 4) {
                std::copy_n(from, 4, to);
                continue;
            }
            for (int i = 0; i < 3; ++i)
                to[i] = static_cast<std::uint8_t>(
                    (from[i] * from[3] + to[i] * (255 - from[3]) + 127) / 255);
        }
    }

    const Style& style_;
    LogoPlace place_;
    std::vector<std::uint8_t> picture_;
    Grid caption_;
    std::size_t channels_;
    std::vector<Part> parts_;
    std::vector<std::uint8_t> bytes_;
    std::uint8_t* line_ = nullptr;  // the pixels of the line being made
};

}  // namespace

void render_png_with_logo(const Symbol& symbol,
                          const Style& style,
                          const Layout& layout,
                          std::string& out) {
    append_png_head(out, style.width, style.height, 8,
                    style.bg.transparent ? kTrueColorAlpha : kTrueColor);
    append_png_resolution(out, style);
    append_chunk(out, "IDAT",
                 [&](std::string& data) { Painter(symbol, style, layout).append_image(data); });
    append_chunk(out, "IEND", [](std::string&) {});
}

}  // namespace qr
