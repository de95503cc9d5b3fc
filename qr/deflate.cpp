#include "qr/deflate.hpp"

#include "qr/byte_order.hpp"
#include "qr/checksum.hpp"
#include "qr/deflate_codes.hpp"
#include "qr/huffman.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>
#include <vector>

namespace qr {
namespace {

constexpr int kMaxCodeLength = 15;

// Bits go into bytes from the least significant end (RFC 1951 3.1.1).
class BitWriter {
  public:
    // Appends to `out`, which must not be touched until finish(), at most `room` bytes.
    BitWriter(std::string& out, std::size_t room) : out_(out) {
        const std::size_t size = out.size();
        out.resize(size + room + sizeof pending_);
        at_ = out.data() + size;
    }
    // The low `count` bits (at most 32) of `bits`; higher ones are clear.
    void put(std::uint32_t bits, int count) {
        pending_ |= std::uint64_t{bits} << held_;
        held_ += count;
        store_little_endian(at_, pending_);
        at_ += held_ / 8;
        pending_ >>= held_ & ~7;
        held_ &= 7;
    }
    void put(const Code& code) { put(code.bits, code.length); }
    void finish() {
        store_little_endian(at_, pending_);
        at_ += held_ > 0 ? 1 : 0;
        out_.resize(static_cast<std::size_t>(at_ - out_.data()));
    }

  private:
    std::string& out_;
    char* at_;
    std::uint64_t pending_ = 0;
    int held_ = 0;  // at most 7 between calls
};

// A piece of the list of code lengths: a length, or 16 (the one before again), 17 or 18 (zeros) and
// how often.
struct LengthToken {
    std::uint8_t symbol;
    std::uint8_t extra_bits;
    std::uint8_t extra;
};

constexpr std::size_t kLengthCodes = 19;
constexpr int kMaxLengthCodeLength = 7;

std::vector<LengthToken> run_lengths(std::span<const std::uint8_t> lengths) {
    std::vector<LengthToken> tokens;
    tokens.reserve(lengths.size());
    for (std::size_t i = 0; i < lengths.size();) {
        const std::uint8_t length = lengths[i];
        std::size_t run = 1;
        while (i + run < lengths.size() && lengths[i + run] == length)
            ++run;
        i += run;
        if (length != 0) {
            tokens.push_back({length, 0, 0});
            --run;
        }
        const std::size_t most = length == 0 ? 138 : 6;
        while (run >= 3) {
            const std::size_t piece = std::min(run, most);
            if (length != 0)
                tokens.push_back({16, 2, static_cast<std::uint8_t>(piece - 3)});
            else if (piece <= 10)
                tokens.push_back({17, 3, static_cast<std::uint8_t>(piece - 3)});
            else
                tokens.push_back({18, 7, static_cast<std::uint8_t>(piece - 11)});
            run -= piece;
        }
        tokens.insert(tokens.end(), run, {length, 0, 0});
    }
    return tokens;
}

// The head of a block with its own codes (RFC 1951 3.2.7). `distances` are the two distance codes
// in use, each of one bit, the lower first.
void put_head(BitWriter& writer,
              std::span<const Code> codes,
              std::array<std::size_t, 2> distances) {
    std::size_t literal_codes = kLiteralCodes;
    while (codes[literal_codes - 1].length == 0)
        --literal_codes;
    std::array<std::uint8_t, kLiteralCodes + 30> storage{};
    for (std::size_t i = 0; i < literal_codes; ++i)
        storage[i] = codes[i].length;
    for (const std::size_t code : distances)
        storage[literal_codes + code] = 1;
    const std::size_t distance_codes = distances[1] + 1;
    const auto tokens = run_lengths(std::span(storage).first(literal_codes + distance_codes));

    std::array<std::uint32_t, kLengthCodes> frequencies{};
    for (const LengthToken& token : tokens)
        ++frequencies[token.symbol];
    std::array<Code, kLengthCodes> length_codes;
    make_codes(frequencies, kMaxLengthCodeLength, length_codes);
    constexpr std::array<std::uint8_t, kLengthCodes> order{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                           11, 4,  12, 3, 13, 2, 14, 1, 15};
    std::size_t sent = kLengthCodes;
    while (length_codes[order[sent - 1]].length == 0)
        --sent;

    constexpr std::uint32_t last_block = 1;
    constexpr std::uint32_t own_codes = 2;
    writer.put(last_block | own_codes << 1, 3);
    writer.put(static_cast<std::uint32_t>(literal_codes - 257), 5);
    writer.put(static_cast<std::uint32_t>(distance_codes - 1), 5);
    writer.put(static_cast<std::uint32_t>(sent - 4), 4);
    for (std::size_t i = 0; i < sent; ++i)
        writer.put(length_codes[order[i]].length, 3);
    for (const LengthToken& token : tokens) {
        writer.put(length_codes[token.symbol]);
        writer.put(token.extra, token.extra_bits);
    }
}

// Room for any block of these tokens: a head is at most 17 + 3 * 19 + 14 * (286 + 30) bits, a token
// at most a code and five bits of a length, and a bit and 13 bits of a distance.
std::size_t most_bytes(const Tokenizer& tokenizer) {
    constexpr std::size_t head_bytes = 600;
    constexpr std::size_t token_bits = kMaxCodeLength + 5 + 14;
    return head_bytes + (tokenizer.tokens().size() + 1) * token_bits / 8;
}

void put_block(BitWriter& writer, const Tokenizer& tokenizer, std::size_t stride) {
    std::array<Code, kLiteralCodes> codes;
    make_codes(tokenizer.frequencies(), kMaxCodeLength, codes);
    const Coded line = coded_distance(stride);
    put_head(writer, codes, {0, line.code});
    for (const auto& [kind, value] : tokenizer.tokens()) {
        if (kind == Token::literal) {
            writer.put(codes[value]);
            continue;
        }
        const Coded& length = kLengths[value];
        writer.put(codes[length.code]);
        // The lower of the two distance codes is 0, the other 1.
        const std::uint32_t is_line = kind == Token::line_back ? 1 : 0;
        writer.put(static_cast<std::uint32_t>(length.extra | is_line << length.extra_bits),
                   length.extra_bits + 1);
        if (is_line != 0) writer.put(line.extra, line.extra_bits);
    }
    writer.put(codes[kEndOfBlock]);
    writer.finish();
}

}  // namespace

void append_zlib(std::span<const std::uint8_t> bytes,
                 std::size_t stride,
                 std::span<const int> repeats,
                 std::string& out) {
    assert(bytes.size() == stride * repeats.size() + kReadAhead);
    const auto lines = static_cast<std::size_t>(std::accumulate(repeats.begin(), repeats.end(), 0));
    Tokenizer tokenizer(bytes, stride, lines * stride);
    Adler32 sum;
    std::size_t above = 0;
    bool first = true;
    for (std::size_t i = 0; i < repeats.size(); ++i) {
        if (repeats[i] == 0) continue;
        const auto times = static_cast<std::size_t>(repeats[i]);
        sum.add(bytes.subspan(i * stride, stride), times);
        tokenizer.add(i * stride, first ? i * stride : above, times);
        above = i * stride;
        first = false;
    }
    tokenizer.finish();
    out += "\x78\x9c";  // window of 32 KB, default algorithm
    BitWriter writer(out, most_bytes(tokenizer));
    put_block(writer, tokenizer, stride);
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(sum.value() >> shift & 0xff);
}

}  // namespace qr
