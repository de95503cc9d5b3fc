#include "qr/deflate.hpp"

#include "qr/byte_order.hpp"
#include "qr/checksum.hpp"
#include "qr/huffman.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <numeric>
#include <vector>

namespace qr {
namespace {

constexpr std::size_t kMinMatch = 3;
constexpr std::size_t kMaxMatch = 258;
constexpr std::size_t kEndOfBlock = 256;
constexpr std::size_t kLiteralCodes = 286;
constexpr int kMaxCodeLength = 15;

// A length or distance: its code, and the extra bits that follow the code.
struct Coded {
    std::uint16_t code;
    std::uint8_t extra_bits;
    std::uint16_t extra;
};

// RFC 1951 3.2.5: lengths 3 to 258 are codes 257 to 285, four to each number of extra bits.
constexpr auto kLengths = [] {
    std::array<Coded, kMaxMatch + 1> table{};
    for (std::size_t length = kMinMatch; length <= kMaxMatch; ++length) {
        const auto value = static_cast<std::uint32_t>(length - kMinMatch);
        const int extra_bits = value < 8 ? 0 : std::bit_width(value) - 3;
        const std::uint32_t code =
            257 + 4 * static_cast<std::uint32_t>(extra_bits) + (value >> extra_bits);
        table[length] = {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(extra_bits),
                         static_cast<std::uint16_t>(value & ((1U << extra_bits) - 1))};
    }
    table[kMaxMatch] = {285, 0, 0};
    return table;
}();

// Distances 1 to 32768 are codes 0 to 29, two to each number of extra bits.
Coded coded_distance(std::size_t distance) {
    const auto value = static_cast<std::uint32_t>(distance - 1);
    const int extra_bits = value < 4 ? 0 : std::bit_width(value) - 2;
    return {static_cast<std::uint16_t>(2 * static_cast<std::uint32_t>(extra_bits) +
                                       (value >> extra_bits)),
            static_cast<std::uint8_t>(extra_bits),
            static_cast<std::uint16_t>(value & ((1U << extra_bits) - 1))};
}

// What the stream says, before it is put in codes: a literal byte, or the length of a match one
// byte or one line back.
struct Token {
    enum Kind : std::uint8_t { literal, byte_back, line_back };
    Kind kind;
    std::uint16_t value;
};

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

// Turns lines into tokens. Bytes that equal those above are collected across the ends of lines, so
// that the repeats of a line and the like beginning of the next one are a single match.
class Tokenizer {
  public:
    // Makes room for a token per byte, and for the matches that `total` bytes in all may be cut
    // into.
    Tokenizer(std::span<const std::uint8_t> bytes, std::size_t stride, std::size_t total)
        : bytes_(bytes.data()), stride_(stride), tokens_(bytes.size() + total / kMinPiece + 1) {}

    // The line at offset `line` of the bytes, `times` times over. The line before it in the stream
    // is at offset `above`; for the first line of all there is none, and `above` equals `line`.
    void add(std::size_t line, std::size_t above, std::size_t times) {
        line_ = line;
        above_ = above;
        for (std::size_t begin = 0; begin < stride_; begin += kPiece)
            add_piece(begin, std::min(kPiece, stride_ - begin));
        like_above_ += (times - 1) * stride_;
    }

    void finish() { flush(stride_); }

    [[nodiscard]] std::span<const Token> tokens() const { return std::span(tokens_).first(count_); }
    [[nodiscard]] std::array<std::uint32_t, kLiteralCodes>& frequencies() { return frequencies_; }

  private:
    // Up to 64 bytes of the line, so that what they have in common with others fits a word each.
    void add_piece(std::size_t begin, std::size_t size) {
        const std::uint8_t* here = bytes_ + line_ + begin;
        const std::uint64_t up =
            line_ != above_ ? equal_bytes(here, bytes_ + above_ + begin, size) : 0;
        const std::uint64_t back = size > 1 ? equal_bytes(here + 1, here, size - 1) << 1 : 0;
        // Bytes like those above count in groups of three, or where they may go on before or after
        // the piece.
        const std::uint64_t head = up & ~(up + 1);
        const auto tail_begin =
            size - static_cast<std::size_t>(std::countl_one(up << (kPiece - size)));
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
    void literal(std::uint8_t byte) {
        tokens_[count_++] = {Token::literal, byte};
        ++frequencies_[byte];
    }
    // In pieces, none of which leaves less than a match; `length` is at least kMinMatch.
    void match(Token::Kind kind, std::size_t length) {
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
    void flush(std::size_t end) {
        if (like_above_ >= kMinMatch)
            match(Token::line_back, like_above_);
        else
            for (std::size_t k = like_above_; k > 0; --k)
                literal(bytes_[end >= k ? line_ + end - k : above_ + stride_ + end - k]);
        like_above_ = 0;
    }

    // A full match, less what the rest may lack to be a match.
    static constexpr std::size_t kMinPiece = kMaxMatch - kMinMatch;

    const std::uint8_t* bytes_;
    std::size_t stride_;
    std::size_t line_ = 0;
    std::size_t above_ = 0;
    std::size_t like_above_ = 0;
    std::vector<Token> tokens_;
    std::size_t count_ = 0;
    std::array<std::uint32_t, kLiteralCodes> frequencies_{};
};

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

void put_block(BitWriter& writer, Tokenizer& tokenizer, std::size_t stride) {
    tokenizer.frequencies()[kEndOfBlock] = 1;
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
