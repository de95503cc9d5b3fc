// Symbol: the grid of dark and light modules that stands for a text.
// Shape:   width() x width() modules, 21 to 177, in steps of 4; without quiet zone.
// Errors:  a text that no symbol holds is a Problem naming `text`.
// Threads: encode() may run in any number of threads; a Symbol is a value.
// Source:  ISO/IEC 18004:2015. Which of the eight masks is used is the encoder's choice, and
// readers do not
//          care; it is the same for the same text and level.
#pragma once

#include "qr/problem.hpp"
#include "qr/style.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace qr {

class Symbol {
  public:
    // All modules light. `width` is 1 or more.
    explicit Symbol(int width)
        : width_(width),
          words_per_row_((width + 63) / 64),
          rows_(size_of(words_per_row_ * width)) {}

    [[nodiscard]] int width() const { return width_; }

    // x counts from the left, y from the top; both are 0 to width() - 1.
    [[nodiscard]] bool dark(int x, int y) const {
        return (rows_[size_of(y * words_per_row_ + x / 64)] >> (x % 64) & 1) != 0;
    }
    // First column from x (0 to width()) rightwards whose module in row y is dark or light as
    // asked, or width() when there is none.
    [[nodiscard]] int find(bool dark_wanted, int x, int y) const {
        const std::uint64_t flip = dark_wanted ? 0 : ~std::uint64_t{0};
        for (int word = x / 64; word < words_per_row_; ++word) {
            const std::uint64_t left_out =
                word == x / 64 ? ~std::uint64_t{0} << (x % 64) : ~std::uint64_t{0};
            const std::uint64_t found =
                (rows_[size_of(y * words_per_row_ + word)] ^ flip) & left_out;
            if (found != 0) return std::min(width_, word * 64 + std::countr_zero(found));
        }
        return width_;
    }
    // All of row y of a symbol of at most 64 modules: bit x is column x, set for dark; the rest is
    // clear.
    [[nodiscard]] std::uint64_t row(int y) const { return rows_[size_of(y)]; }
    void set_row(int y, std::uint64_t modules) { rows_[size_of(y)] = modules; }

    void set_dark(int x, int y) {
        rows_[size_of(y * words_per_row_ + x / 64)] |= std::uint64_t{1} << (x % 64);
    }

    bool operator==(const Symbol&) const = default;

  private:
    static constexpr std::size_t size_of(int n) { return static_cast<std::size_t>(n); }

    int width_;
    int words_per_row_;
    std::vector<std::uint64_t> rows_;  // bit x % 64 of word y * words_per_row_ + x / 64
};

// The smallest symbol that holds the text (1 to 7089 bytes, any bytes) at the level.
[[nodiscard]] Result<Symbol> encode(std::string_view text, Level level);

}  // namespace qr
