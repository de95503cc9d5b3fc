// Grid: dark and light modules in rows and columns; a QR code symbol, or a line of lettering.
// Shape:   width() x height() modules, all light at first.
// Threads: a plain value.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace qr {

class Grid {
  public:
    // All modules light. Both sides are 1 or more.
    Grid(int width, int height)
        : width_(width),
          height_(height),
          words_per_row_((width + 63) / 64),
          rows_(size_of(words_per_row_ * height)) {}

    [[nodiscard]] int width() const { return width_; }
    [[nodiscard]] int height() const { return height_; }

    // x counts from the left, y from the top; both begin at 0.
    [[nodiscard]] bool dark(int x, int y) const {
        return (rows_[size_of(y * words_per_row_ + x / 64)] >> (x % 64) & 1) != 0;
    }
    // Calls visit(x) for each column at which row y turns from light to dark or back, from left to
    // right; the last may be width(), since what lies outside is light.
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
    // 64 modules of row y from column x (-1 to width() - 1) on: bit i is column x + i, set for
    // dark.
    [[nodiscard]] std::uint64_t stretch(int x, int y) const {
        const std::uint64_t* row = &rows_[size_of(y * words_per_row_)];
        if (x < 0) return *row << 1;
        const auto bit = static_cast<unsigned>(x) % 64;
        row += x / 64;
        const bool more = bit != 0 && x / 64 + 1 < words_per_row_;
        return *row >> bit | (more ? row[1] << (64 - bit) : 0);
    }

    // All of row y of a grid of at most 64 columns: bit x is column x, set for dark.
    [[nodiscard]] std::uint64_t row(int y) const { return rows_[size_of(y)]; }
    void set_row(int y, std::uint64_t modules) { rows_[size_of(y)] = modules; }

    void set_dark(int x, int y) {
        rows_[size_of(y * words_per_row_ + x / 64)] |= std::uint64_t{1} << (x % 64);
    }

    void set_light(int x, int y) {
        rows_[size_of(y * words_per_row_ + x / 64)] &= ~(std::uint64_t{1} << (x % 64));
    }

    bool operator==(const Grid&) const = default;

  private:
    static constexpr std::size_t size_of(int n) { return static_cast<std::size_t>(n); }

    int width_;
    int height_;
    int words_per_row_;
    std::vector<std::uint64_t> rows_;  // bit x % 64 of word y * words_per_row_ + x / 64
};

}  // namespace qr
