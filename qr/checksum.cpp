#include "qr/checksum.hpp"

#include <array>

namespace qr {
namespace {

constexpr std::size_t kSlices = 8;
constexpr std::uint64_t kAdlerModulus = 65521;

// kCrc[k][b]: what byte b does to the remainder when k more bytes follow it.
constexpr auto kCrc = [] {
    std::array<std::array<std::uint32_t, 256>, kSlices> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t remainder = byte;
        for (int bit = 0; bit < 8; ++bit)
            remainder = remainder >> 1 ^ ((remainder & 1) != 0 ? 0xedb88320U : 0);
        table[0][byte] = remainder;
    }
    for (std::size_t k = 1; k < kSlices; ++k)
        for (std::size_t byte = 0; byte < 256; ++byte)
            table[k][byte] = table[k - 1][byte] >> 8 ^ table[0][table[k - 1][byte] & 0xff];
    return table;
}();

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t remainder = 0xffffffffU;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    std::size_t i = 0;
    for (; i + kSlices <= bytes.size(); i += kSlices) {
        std::uint32_t next = 0;
        for (std::size_t k = 0; k < kSlices; ++k) {
            const auto carried = k < 4 ? remainder >> (8 * k) & 0xff : 0;
            next ^= kCrc[kSlices - 1 - k][at(i + k) ^ carried];
        }
        remainder = next;
    }
    for (; i < bytes.size(); ++i)
        remainder = remainder >> 8 ^ kCrc[0][(remainder ^ at(i)) & 0xff];
    return ~remainder;
}

// With n bytes of sum s, where byte i also counts n - i times in w: one line makes b grow by n*a +
// w and a by s, so t lines make b grow by t*(n*a + w) + n*s*t(t-1)/2. Lines and counts are below
// 2^20, which keeps every product below 2^64 once s and w are reduced.
void Adler32::add(std::span<const std::uint8_t> line, std::size_t times) {
    std::uint64_t s = 0;
    std::uint64_t w = 0;
    std::size_t i = 0;
    for (; i + 4 <= line.size(); i += 4) {  // four at a time: fewer sums wait for the one before
        const std::uint64_t b0 = line[i];
        const std::uint64_t b1 = line[i + 1];
        const std::uint64_t b2 = line[i + 2];
        const std::uint64_t b3 = line[i + 3];
        w += 4 * (s + b0) + 3 * b1 + 2 * b2 + b3;
        s += b0 + b1 + b2 + b3;
    }
    for (; i < line.size(); ++i) {
        s += line[i];
        w += s;
    }
    s %= kAdlerModulus;
    w %= kAdlerModulus;
    const std::uint64_t n = line.size() % kAdlerModulus;
    const std::uint64_t t = times;
    const std::uint64_t pairs = t == 0 ? 0 : t * (t - 1) / 2 % kAdlerModulus;
    b_ = (b_ + t * ((n * a_ + w) % kAdlerModulus) + n * s % kAdlerModulus * pairs) % kAdlerModulus;
    a_ = (a_ + t * s) % kAdlerModulus;
}

}  // namespace qr
