// Small symbols: our own encoder for versions 1 to 6, which hold every short URL of the service.
// Shape:   data, error correction and placement are linear over GF(2): the modules of a message are
//          the XOR of the modules of its half bytes. So a table holds the grid of every half byte
//          at every place, and encoding is one XOR of rows per half byte; then all eight masks are
//          scored at once. Tables are made on first use per version and level: 90 KB for 2-Q, 10 MB
//          for all 24.
// Threads: any number.
// Source:  ISO/IEC 18004:2015. Proved equal to libqrencode's modules, mask by mask, in tests/qr.
#pragma once

#include "qr/payload.hpp"
#include "qr/style.hpp"
#include "qr/symbol.hpp"

#include <optional>
#include <string_view>

namespace qr {

inline constexpr int kMaxSmallVersion = 6;

// The symbol of a text planned for version 1 to kMaxSmallVersion. `mask` is 0 to 7; without one,
// the mask of the fewest penalty points is taken, the lowest of equals.
[[nodiscard]] Symbol encode_small(std::string_view text,
                                  const Payload& payload,
                                  Level level,
                                  std::optional<int> mask = std::nullopt);

// Whether the tables for version 1 to kMaxSmallVersion at this level are made. The first symbol of a
// version and level makes them, which takes up to a millisecond.
[[nodiscard]] bool has_tables(int version, Level level);

}  // namespace qr
