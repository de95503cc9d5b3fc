#include "qr/boxes.hpp"

#include <array>
#include <cstddef>

namespace qr {
namespace {

constexpr std::size_t kMaxRuns = 89;  // every second module of 177

// Indices of the boxes that reach down to the row last seen, by column.
struct Open {
    std::array<std::uint32_t, kMaxRuns> boxes;
    std::size_t count = 0;
};

}  // namespace

std::vector<Box> boxes_of(const Symbol& symbol) {
    std::vector<Box> boxes;
    boxes.reserve(static_cast<std::size_t>(symbol.width() * symbol.width()) / 3);
    Open above;
    for (int y = 0; y < symbol.width(); ++y) {
        Open here;
        std::size_t next_above = 0;
        for (int x = symbol.find(true, 0, y); x < symbol.width();) {
            const int end = symbol.find(false, x, y);
            while (next_above < above.count && boxes[above.boxes[next_above]].x < x)
                ++next_above;
            const bool same = next_above < above.count && boxes[above.boxes[next_above]].x == x &&
                              boxes[above.boxes[next_above]].width == end - x;
            if (same) {
                ++boxes[above.boxes[next_above]].height;
                here.boxes[here.count++] = above.boxes[next_above];
            } else {
                here.boxes[here.count++] = static_cast<std::uint32_t>(boxes.size());
                boxes.push_back({static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y),
                                 static_cast<std::uint8_t>(end - x), 1});
            }
            x = symbol.find(true, end, y);
        }
        above = here;
    }
    return boxes;
}

}  // namespace qr
