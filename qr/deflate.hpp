// Deflate for images made of few different lines, each repeated many times.
// Shape:   a zlib stream (RFC 1950) of one deflate block (RFC 1951). Any inflater reads it.
// Threads: pure function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace qr {

// Appends the stream of `bytes`, which are lines of `stride` bytes each, where line i is written
// repeats[i] times in a row. stride is 1 to 32768; bytes.size() is stride * repeats.size().
void append_zlib(std::span<const std::uint8_t> bytes,
                 std::size_t stride,
                 std::span<const int> repeats,
                 std::string& out);

}  // namespace qr
