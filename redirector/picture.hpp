// PNG pictures from outside, and what a QR code among our own says: what goes through libpng and
// zbar.
// Shape:   pixels row by row from the top.
// Errors:  values. A picture is refused by its header before anything of its size is allocated.
// Memory:  16 MB for a picture of kMaxPixels; the readers of libpng and zbar bound their own.
// Threads: pure functions; they take milliseconds, so no I/O thread calls them.
#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector {

inline constexpr std::size_t kMaxPixels = 1'048'576;  // of a picture from outside

struct Picture {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgba;  // straight alpha
};

struct PictureProblem {
    std::string message;  // the end of a sentence that begins with the picture's name
};

// Any PNG of at most kMaxPixels.
boost::system::result<Picture, PictureProblem> read_png(std::string_view bytes);

// As a PNG; empty: out of memory.
std::string write_png(int width, int height, std::span<const std::uint8_t> rgba);

// What the QR code in a PNG of ours says (at most 2400 x 2400 pixels); empty: it cannot be read.
// What is transparent is taken for white.
std::string read_code(std::string_view png);

}  // namespace redirector
