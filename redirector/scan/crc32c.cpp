#include "redirector/scan/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace redirector::scan {
namespace {

constexpr auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ ((crc & 1) ? 0x82f63b78U : 0U);
        table[byte] = crc;
    }
    return table;
}();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(
    std::uint32_t seed, std::span<const std::uint8_t> bytes) noexcept {
    std::uint64_t crc = ~seed;
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word;
        std::memcpy(&word, at, 8);
        crc = _mm_crc32_u64(crc, word);
    }
    auto tail = static_cast<std::uint32_t>(crc);
    for (; left > 0; ++at, --left)
        tail = _mm_crc32_u8(tail, *at);
    return ~tail;
}

const bool kHasSse42 = __builtin_cpu_supports("sse4.2");
#endif

}  // namespace

std::uint32_t crc32c_portable(std::uint32_t seed, std::span<const std::uint8_t> bytes) noexcept {
    std::uint32_t crc = ~seed;
    for (const std::uint8_t byte : bytes)
        crc = (crc >> 8) ^ kTable[(crc ^ byte) & 0xff];
    return ~crc;
}

std::uint32_t crc32c(std::uint32_t seed, std::span<const std::uint8_t> bytes) noexcept {
#if defined(__x86_64__)
    if (kHasSse42) return crc32c_sse42(seed, bytes);
#endif
    return crc32c_portable(seed, bytes);
}

}  // namespace redirector::scan
