#include "qr/boxes.hpp"

#include <cstddef>

namespace qr {
namespace {

constexpr int kLongest =
    62;  // longer runs are left unmerged: a stretch shows 64 modules, ends included

// Whether the run of `length` modules from x in row y is a run of row `other` too. Both stretches
// begin one column early, and the mask takes in one column after the run.
bool same_run(const Grid& grid, int x, int length, int y, int other) {
    if (length > kLongest) return false;
    const std::uint64_t mask = ~std::uint64_t{0} >> (kLongest - length);
    return ((grid.stretch(x - 1, y) ^ grid.stretch(x - 1, other)) & mask) == 0;
}

}  // namespace

std::vector<Box> boxes_of(const Grid& grid) {
    std::vector<Box> boxes;
    boxes.reserve(static_cast<std::size_t>(grid.width() * grid.height()) / 3);
    for (int y = 0; y < grid.height(); ++y) {
        int begin = -1;
        grid.each_turn(y, [&](int x) {
            if (begin < 0) {
                begin = x;
                return;
            }
            const int length = x - begin;
            if (y == 0 || !same_run(grid, begin, length, y, y - 1)) {
                int below = y + 1;
                while (below < grid.height() && same_run(grid, begin, length, y, below))
                    ++below;
                boxes.push_back({static_cast<std::uint8_t>(begin), static_cast<std::uint8_t>(y),
                                 static_cast<std::uint8_t>(length),
                                 static_cast<std::uint8_t>(below - y)});
            }
            begin = -1;
        });
    }
    return boxes;
}

}  // namespace qr
