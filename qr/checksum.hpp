// Checksums of PNG and zlib streams.
// Threads: pure functions.
// Source:  CRC-32 as in PNG (ISO/IEC 15948:2004 annex D); Adler-32 as in RFC 1950 section 8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace qr {

[[nodiscard]] std::uint32_t crc32(std::string_view bytes);

class Adler32 {
  public:
    // As if `line` had been added `times` times over (each 0 or more). Costs one pass over the
    // line, however often it is repeated.
    void add(std::span<const std::uint8_t> line, std::size_t times);

    [[nodiscard]] std::uint32_t value() const { return static_cast<std::uint32_t>(b_ << 16 | a_); }

  private:
    std::uint64_t a_ = 1;  // both below 65521
    std::uint64_t b_ = 0;
};

}  // namespace qr
