// Hash: FNV-1a of 64 bits, which spreads short keys well and needs no state beyond its value.
// Source:  draft-eastlake-fnv-21.
#pragma once

#include <cstdint>
#include <string_view>

namespace qr {

class Hash {
  public:
    void add(std::string_view bytes) {
        for (const char c : bytes)
            value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    // Fixed width, so that two lists of numbers never run into the same bytes.
    void add(std::uint64_t number) {
        for (int i = 0; i < 8; ++i, number >>= 8)
            value_ = (value_ ^ (number & 0xff)) * 0x100000001b3U;
    }
    [[nodiscard]] std::uint64_t value() const { return value_; }

  private:
    std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace qr
