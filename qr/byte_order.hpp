// Byte order: words as the bytes that files hold.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace qr {

// Writes eight bytes, the least significant first.
inline void store_little_endian(void* to, std::uint64_t word) {
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    std::memcpy(to, &word, sizeof word);
}

// Writes eight bytes, the most significant first.
inline void store_big_endian(void* to, std::uint64_t word) {
    if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
    std::memcpy(to, &word, sizeof word);
}

}  // namespace qr
