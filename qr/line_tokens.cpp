#include "qr/line_tokens.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace qr {
namespace {

constexpr std::size_t kPiece = 64;

// Bit i, for the first `size` (1 to kPiece) bytes: whether a[i] equals b[i]. Reads whole words.
std::uint64_t equal_bytes(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
    constexpr std::uint64_t low_bits = 0x7f7f7f7f7f7f7f7fU;
    std::uint64_t equal = 0;
    for (std::size_t i = 0; i < size; i += 8) {
        std::uint64_t left;
        std::uint64_t right;
        std::memcpy(&left, a + i, 8);
        std::memcpy(&right, b + i, 8);
        if constexpr (std::endian::native == std::endian::big) {
            left = __builtin_bswap64(left);
            right = __builtin_bswap64(right);
        }
        // The high bit of each byte that differs, then all eight of them gathered into one byte.
        const std::uint64_t x = left ^ right;
        const std::uint64_t differs = (((x & low_bits) + low_bits) | x) & ~low_bits;
        equal |= (((differs >> 7) * 0x0102040810204080U >> 56) ^ 0xff) << i;
    }
    return equal & ~std::uint64_t{0} >> (kPiece - size);
}

// Of the bits that are set, those in groups of three or more.
std::uint64_t in_threes(std::uint64_t bits) {
    const std::uint64_t first = bits & bits >> 1 & bits >> 2;
    return first | first << 1 | first << 2;
}

}  // namespace

void Tokenizer::literal(std::uint8_t byte) {
    tokens_[count_++] = {Token::literal, byte};
    ++frequencies_[byte];
}

// In pieces, none of which leaves less than a match; `length` is at least kMinMatch.
void Tokenizer::match(Token::Kind kind, std::size_t length) {
    while (length > 0) {
        std::size_t piece = std::min(length, kMaxMatch);
        if (length - piece < kMinMatch && length != piece) piece = kMinPiece;
        tokens_[count_++] = {kind, static_cast<std::uint16_t>(piece)};
        ++frequencies_[kLengths[piece].code];
        length -= piece;
    }
}

// Writes what was collected, now that byte `end` of the line is not like the one above. What is
// too short for a match is written out; it may begin in the line before.
void Tokenizer::flush(std::size_t end) {
    if (like_above_ >= kMinMatch)
        match(Token::line_back, like_above_);
    else
        for (std::size_t k = like_above_; k > 0; --k)
            literal(bytes_[end >= k ? line_ + end - k : above_ + stride_ + end - k]);
    like_above_ = 0;
}

// Up to 64 bytes of the line, so that what they have in common with others fits a word each.
void Tokenizer::add_piece(std::size_t begin, std::size_t size) {
    const std::uint8_t* here = bytes_ + line_ + begin;
    const std::uint64_t up = line_ != above_ ? equal_bytes(here, bytes_ + above_ + begin, size) : 0;
    const std::uint64_t back = size > 1 ? equal_bytes(here + 1, here, size - 1) << 1 : 0;
    // Bytes like those above count in groups of three, or where they may go on before or after
    // the piece.
    const std::uint64_t head = up & ~(up + 1);
    const auto tail_begin = size - static_cast<std::size_t>(std::countl_one(up << (kPiece - size)));
    const std::uint64_t tail = tail_begin < size ? up >> tail_begin << tail_begin : 0;
    const std::uint64_t not_literal = in_threes(up) | in_threes(back) | head | tail;
    for (std::size_t i = 0; i < size;) {
        const auto literals =
            std::min(static_cast<std::size_t>(std::countr_zero(not_literal >> i)), size - i);
        if (literals > 0) flush(begin + i);
        for (const std::size_t end = i + literals; i < end; ++i)
            literal(here[i]);
        if (i == size) break;
        const auto run_up = static_cast<std::size_t>(std::countr_one(up >> i));
        const auto run_back = static_cast<std::size_t>(std::countr_one(back >> i));
        if (run_up >= run_back) {
            like_above_ += run_up;
            i += run_up;
            continue;
        }
        flush(begin + i);
        if (run_back >= kMinMatch) {
            match(Token::byte_back, run_back);
            i += run_back;
        } else {  // the rest of a group whose beginning was like the line above
            literal(here[i++]);
        }
    }
}

void Tokenizer::add(std::size_t line, std::size_t above, std::size_t times) {
    line_ = line;
    above_ = above;
    for (std::size_t begin = 0; begin < stride_; begin += kPiece)
        add_piece(begin, std::min(kPiece, stride_ - begin));
    like_above_ += (times - 1) * stride_;
}

}  // namespace qr
