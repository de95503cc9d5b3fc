// Codewords: a planned text as the data bytes of its symbol.
// Shape:   segments one after the other (mode indicator, length, data), up to four terminating zero
//          bits, zero bits up to a whole byte, then 0xec and 0x11 in turn until the symbol is full.
// Threads: pure function.
// Source:  ISO/IEC 18004:2015 7.4.1 to 7.4.10.
#pragma once

#include "qr/payload.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace qr {

// Fills `codewords`, whose size is data_bits(payload.version, level) / 8. `text` is the text that
// the payload was planned for.
void write_codewords(std::string_view text,
                     const Payload& payload,
                     std::span<std::uint8_t> codewords);

}  // namespace qr
