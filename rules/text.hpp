// Text comparison and hashing as the hot path needs them: short texts, eight bytes at a time, with
// or without regard to the case of ASCII letters.
// Threads: pure.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace rules {

namespace text {

inline std::uint64_t load(const char* data, std::size_t size) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, size);
    return word;
}

/// Lower-cases the ASCII letters among eight bytes: a byte is an upper-case letter when adding
/// 0x80-'A' sets its top bit and adding 0x7F-'Z' does not.
constexpr std::uint64_t fold_word(std::uint64_t word) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    const std::uint64_t low = word & (kOnes * 0x7F);
    const std::uint64_t from_a = low + kOnes * (0x80 - 'A');
    const std::uint64_t after_z = low + kOnes * (0x7F - 'Z');
    const std::uint64_t upper = ~word & (from_a ^ after_z) & (kOnes * 0x80);
    return word | (upper >> 2);
}

template <bool kFold>
constexpr std::uint64_t canonical(std::uint64_t word) {
    return kFold ? fold_word(word) : word;
}

constexpr std::uint64_t mix(std::uint64_t left, std::uint64_t right) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(left) * right;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t kHashSeed = 0x9E3779B97F4A7C15;
inline constexpr std::uint64_t kHashFactor = 0xD6E8FEB86659FD93;

/// Never 0 in its low 32 bits, so that 0 can stand for "no text". Not a defence against chosen
/// collisions: whoever relies on it compares bytes afterwards.
template <bool kFold>
std::uint64_t hash(const char* data, std::size_t size) {
    std::uint64_t state = kHashSeed ^ (size * kHashFactor);
    std::size_t left = size;
    for (; left > 8; left -= 8, data += 8) {
        state = mix(state ^ canonical<kFold>(load(data, 8)), kHashFactor);
    }
    std::uint64_t last = 0;
    if (left == 8) {
        last = load(data, 8);
    } else if (left >= 4) {
        last = load(data, 4) | (load(data + left - 4, 4) << 32);
    } else if (left > 0) {
        const auto byte = [data](std::size_t at) {
            return std::uint64_t{static_cast<unsigned char>(data[at])};
        };
        last = byte(0) | (byte(left / 2) << 8) | (byte(left - 1) << 16);
    }
    state = mix(state ^ canonical<kFold>(last), kHashFactor);
    state ^= state >> 32;
    return static_cast<std::uint32_t>(state) == 0 ? state | 1 : state;
}

/// Whether `size` bytes agree; with kFold `canonical_data` is folded already and `data` is not.
template <bool kFold>
bool equal(const char* data, const char* canonical_data, std::size_t size) {
    std::size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        if (canonical<kFold>(load(data + at, 8)) != load(canonical_data + at, 8)) return false;
    }
    const std::size_t left = size - at;
    if (left == 0) return true;
    if (size >= 8) {
        return canonical<kFold>(load(data + size - 8, 8)) == load(canonical_data + size - 8, 8);
    }
    if (left >= 4) {
        return canonical<kFold>(load(data + at, 4)) == load(canonical_data + at, 4) &&
               canonical<kFold>(load(data + size - 4, 4)) == load(canonical_data + size - 4, 4);
    }
    for (; at < size; ++at) {
        const auto byte = std::uint64_t{static_cast<unsigned char>(data[at])};
        if (canonical<kFold>(byte) != std::uint64_t{static_cast<unsigned char>(canonical_data[at])})
            return false;
    }
    return true;
}

}  // namespace text

/// The hash of a number by its value: 42 and 42.0 agree, and so do 0 and -0.
inline std::uint64_t hash_number(double value) {
    const double positive_zero = value == 0 ? 0.0 : value;
    const auto bits = std::bit_cast<std::uint64_t>(positive_zero);
    const std::uint64_t state = text::mix(bits ^ 0xA0761D6478BD642F, 0xE7037ED1A0B428DB);
    return static_cast<std::uint32_t>(state) == 0 ? state | 1 : state;
}

inline std::uint64_t hash_boolean(bool value) {
    return value ? 0x8EBC6AF09C88C6E3 : 0x589965CC75374CC3;
}

/// One bit of a 64-bit Bloom word, from the bits of a hash that fingerprints do not use.
constexpr std::uint64_t bloom_bit(std::uint64_t hash) {
    return std::uint64_t{1} << (hash >> 58);
}

}  // namespace rules
