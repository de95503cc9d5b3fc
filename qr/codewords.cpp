#include "qr/codewords.hpp"

#include <algorithm>
#include <cstddef>

namespace qr {
namespace {

// Bits go into bytes from the most significant end.
class BitWriter {
  public:
    explicit BitWriter(std::span<std::uint8_t> bytes) : bytes_(bytes) {}

    // The low `count` bits (at most 16) of `value`, as far as there is room.
    void put(std::uint32_t value, int count) {
        pending_ = pending_ << count | value;
        held_ += count;
        for (; held_ >= 8 && at_ < bytes_.size(); held_ -= 8)
            bytes_[at_++] = static_cast<std::uint8_t>(pending_ >> (held_ - 8));
    }
    // Zero bits up to a whole byte; answers how many bytes are written.
    std::size_t finish() {
        if (held_ > 0) put(0, 8 - held_);
        return at_;
    }

  private:
    std::span<std::uint8_t> bytes_;
    std::size_t at_ = 0;
    std::uint32_t pending_ = 0;
    int held_ = 0;
};

std::uint32_t value_of(char c) {
    return static_cast<std::uint32_t>(alphanumeric_value(c));
}

// Three digits make ten bits; one or two that are left make four or seven.
void put_numeric(BitWriter& writer, std::string_view digits) {
    for (; digits.size() >= 3; digits.remove_prefix(3))
        writer.put(value_of(digits[0]) * 100 + value_of(digits[1]) * 10 + value_of(digits[2]), 10);
    if (digits.size() == 2) writer.put(value_of(digits[0]) * 10 + value_of(digits[1]), 7);
    if (digits.size() == 1) writer.put(value_of(digits[0]), 4);
}

// Two characters make eleven bits; one that is left makes six.
void put_alphanumeric(BitWriter& writer, std::string_view characters) {
    for (; characters.size() >= 2; characters.remove_prefix(2))
        writer.put(value_of(characters[0]) * 45 + value_of(characters[1]), 11);
    if (characters.size() == 1) writer.put(value_of(characters[0]), 6);
}

}  // namespace

void write_codewords(std::string_view text,
                     const Payload& payload,
                     std::span<std::uint8_t> codewords) {
    constexpr int indicator_bits = 4;
    constexpr std::size_t terminator_bits = 4;
    BitWriter writer(codewords);
    for (const Segment& segment : payload.segments) {
        const auto part = text.substr(segment.begin, segment.length);
        // Table 2: 0001 numeric, 0010 alphanumeric, 0100 byte.
        writer.put(1U << static_cast<int>(segment.mode), indicator_bits);
        writer.put(static_cast<std::uint32_t>(part.size()),
                   length_bits(segment.mode, payload.version));
        if (segment.mode == Mode::numeric) put_numeric(writer, part);
        if (segment.mode == Mode::alphanumeric) put_alphanumeric(writer, part);
        if (segment.mode == Mode::byte)
            for (const char c : part)
                writer.put(static_cast<unsigned char>(c), 8);
    }
    const std::size_t room = codewords.size() * 8 - payload.bits;
    writer.put(0, static_cast<int>(std::min(room, terminator_bits)));
    std::uint8_t pad = 0xec;
    for (std::size_t i = writer.finish(); i < codewords.size(); ++i, pad ^= 0xec ^ 0x11)
        codewords[i] = pad;
}

}  // namespace qr
