// Deflate for images made of few different lines, each repeated many times.
// Shape:   a zlib stream (RFC 1950) of one deflate block (RFC 1951) with its own Huffman codes; any
//          inflater reads it. Matches go one byte or one line back, no further: that is nearly all
//          the repetition there is in a QR code, finding it needs no search, and each of the two
//          distances costs one bit.
// Threads: pure function.
#pragma once

#include "qr/line_tokens.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace qr {

// Appends the stream of `bytes`, which are lines of `stride` bytes each, where line i is written
// repeats[i] times in a row (0 or more). stride is 3 to 32768; bytes.size() is stride *
// repeats.size() + kReadAhead.
void append_zlib(std::span<const std::uint8_t> bytes,
                 std::size_t stride,
                 std::span<const int> repeats,
                 std::string& out);

}  // namespace qr
