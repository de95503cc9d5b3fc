#include "qr/boxes.hpp"

#include <cstddef>

namespace qr {
namespace {

constexpr int kLongest =
    62;  // longer runs are left unmerged: a stretch shows 64 modules, ends included

// Whether the run of `length` modules from x in row y is a run of row `other` too. Both stretches
// begin one column early, and the mask takes in one column after the run.
bool same_run(const Symbol& symbol, int x, int length, int y, int other) {
    if (length > kLongest) return false;
    const std::uint64_t mask = ~std::uint64_t{0} >> (kLongest - length);
    return ((symbol.stretch(x - 1, y) ^ symbol.stretch(x - 1, other)) & mask) == 0;
}

}  // namespace

std::vector<Box> boxes_of(const Symbol& symbol) {
    const int width = symbol.width();
    std::vector<Box> boxes;
    boxes.reserve(static_cast<std::size_t>(width * width) / 3);
    for (int y = 0; y < width; ++y) {
        int begin = -1;
        symbol.each_turn(y, [&](int x) {
            if (begin < 0) {
                begin = x;
                return;
            }
            const int length = x - begin;
            if (y == 0 || !same_run(symbol, begin, length, y, y - 1)) {
                int below = y + 1;
                while (below < width && same_run(symbol, begin, length, y, below))
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
