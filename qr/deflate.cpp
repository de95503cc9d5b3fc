#include "qr/deflate.hpp"

#include "qr/checksum.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace qr {
namespace {

constexpr int kMinMatch = 3;
constexpr int kMaxMatch = 258;
constexpr int kEndOfBlock = 256;

// Bits go into bytes from the least significant end (RFC 1951 3.1.1).
class BitWriter {
  public:
    explicit BitWriter(std::string& out) : out_(out) {}
    void put(std::uint32_t bits, int count) {
        pending_ |= std::uint64_t{bits} << held_;
        held_ += count;
        for (; held_ >= 8; held_ -= 8, pending_ >>= 8)
            out_ += static_cast<char>(pending_ & 0xff);
    }
    void finish() {
        if (held_ > 0) put(0, 8 - held_);
    }

  private:
    std::string& out_;
    std::uint64_t pending_ = 0;
    int held_ = 0;
};

// A length or distance: its code, and the extra bits that follow the code.
struct Coded {
    int code;
    std::uint32_t extra;
    int extra_bits;
};

// RFC 1951 3.2.5: lengths 3 to 258 are codes 257 to 285, in groups of four per number of extra
// bits.
Coded coded_length(int length) {
    if (length == kMaxMatch) return {285, 0, 0};
    const auto value = static_cast<std::uint32_t>(length - kMinMatch);
    if (value < 8) return {257 + static_cast<int>(value), 0, 0};
    const int extra_bits = std::bit_width(value) - 3;
    const auto group = static_cast<int>(value >> extra_bits) - 4;
    return {261 + 4 * extra_bits + group, value & ((1U << extra_bits) - 1), extra_bits};
}

// Distances 1 to 32768 are codes 0 to 29, in groups of two.
Coded coded_distance(int distance) {
    const auto value = static_cast<std::uint32_t>(distance - 1);
    if (value < 4) return {static_cast<int>(value), 0, 0};
    const int extra_bits = std::bit_width(value) - 2;
    const auto group = static_cast<int>(value >> extra_bits) - 2;
    return {2 + 2 * extra_bits + group, value & ((1U << extra_bits) - 1), extra_bits};
}

// Huffman codes go in from their most significant end.
void put_code(BitWriter& writer, std::uint32_t code, int count) {
    std::uint32_t reversed = 0;
    for (int i = 0; i < count; ++i)
        reversed |= (code >> i & 1) << (count - 1 - i);
    writer.put(reversed, count);
}

// The fixed code of RFC 1951 3.2.6.
void put_symbol(BitWriter& writer, int symbol) {
    const auto value = static_cast<std::uint32_t>(symbol);
    if (value < 144)
        put_code(writer, 0x30 + value, 8);
    else if (value < 256)
        put_code(writer, 0x190 + value - 144, 9);
    else if (value < 280)
        put_code(writer, value - 256, 7);
    else
        put_code(writer, 0xc0 + value - 280, 8);
}

void put_match(BitWriter& writer, int length, int distance) {
    const Coded l = coded_length(length);
    put_symbol(writer, l.code);
    writer.put(l.extra, l.extra_bits);
    const Coded d = coded_distance(distance);
    put_code(writer, static_cast<std::uint32_t>(d.code), 5);
    writer.put(d.extra, d.extra_bits);
}

// Copies `length` bytes from `distance` back, in pieces that leave no rest shorter than a match.
void put_copy(BitWriter& writer, std::size_t length, int distance) {
    while (length > 0) {
        const std::size_t most = length - kMaxMatch < kMinMatch ? kMaxMatch - kMinMatch : kMaxMatch;
        const std::size_t piece = std::min(length, most);
        put_match(writer, static_cast<int>(piece), distance);
        length -= piece;
    }
}

}  // namespace

void append_zlib(std::span<const std::uint8_t> bytes,
                 std::size_t stride,
                 std::span<const int> repeats,
                 std::string& out) {
    out += "\x78\x9c";
    BitWriter writer(out);
    writer.put(0b011, 3);
    Adler32 sum;
    for (std::size_t i = 0; i < repeats.size(); ++i) {
        if (repeats[i] == 0) continue;
        const auto line = bytes.subspan(i * stride, stride);
        const auto times = static_cast<std::size_t>(repeats[i]);
        sum.add(line, times);
        for (const std::uint8_t byte : line)
            put_symbol(writer, byte);
        const std::size_t rest = (times - 1) * stride;
        if (rest >= kMinMatch)
            put_copy(writer, rest, static_cast<int>(stride));
        else
            for (std::size_t k = 0; k < rest; ++k)
                put_symbol(writer, line[k % stride]);
    }
    put_symbol(writer, kEndOfBlock);
    writer.finish();
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(sum.value() >> shift & 0xff);
}

}  // namespace qr
