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
    // Calls visit(x) for each column at which row y turns from light to dark or back, from the
    // left, the last of which may be width(): what lies outside the symbol is light.
    template <class Visit>
    void each_turn(int y, Visit visit) const {
        std::uint64_t before = 0;
        for (int word = 0; word < words_per_row_; ++word) {
            const std::uint64_t row = rows_[size_of(y * words_per_row_ + word)];
            std::uint64_t turns = row ^ (row << 1 | before >> 63);
            for (; turns != 0; turns &= turns - 1)
                visit(word * 64 + std::countr_zero(turns));
            before = row;
        }
        if (width_ % 64 == 0 && before >> 63 != 0) visit(width_);
    }
    // 64 modules of row y from column x (-1 to width() - 1) rightwards: bit i is column x + i, set
    // for dark.
    [[nodiscard]] std::uint64_t stretch(int x, int y) const {
        const std::uint64_t* row = &rows_[size_of(y * words_per_row_)];
        if (x < 0) return *row << 1;
        const auto bit = static_cast<unsigned>(x) % 64;
        row += x / 64;
        const bool more = bit != 0 && x / 64 + 1 < words_per_row_;
        return *row >> bit | (more ? row[1] << (64 - bit) : 0);
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
