// Line tokens: the lines of an image as literals and matches.
// Shape:   a match lies one byte or one line back. Bytes that equal those above are collected
//          across the ends of lines, so that the repeats of a line and the like beginning of the
//          next one are a single match.
// Threads: a tokenizer belongs to one thread.
#pragma once

#include "qr/deflate_codes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace qr {

// Bytes after the last line that may be read, though they do not matter.
inline constexpr std::size_t kReadAhead = 8;

// A literal byte, or the length of a match (kMinMatch to kMaxMatch).
struct Token {
    enum Kind : std::uint8_t { literal, byte_back, line_back };
    Kind kind;
    std::uint16_t value;
};

class Tokenizer {
  public:
    // `bytes` are lines of `stride` (3 or more) bytes and kReadAhead more, and must outlive the
    // tokenizer. `total` is the number of bytes that all lines make with their repeats.
    Tokenizer(std::span<const std::uint8_t> bytes, std::size_t stride, std::size_t total)
        : bytes_(bytes.data()), stride_(stride), tokens_(bytes.size() + total / kMinPiece + 1) {
        frequencies_[kEndOfBlock] = 1;
    }

    // The line at offset `line` of the bytes, `times` (1 or more) times over. The line before it in
    // the stream is at offset `above`; for the first line of all there is none, and `above` equals
    // `line`.
    void add(std::size_t line, std::size_t above, std::size_t times);
    void finish() { flush(stride_); }

    [[nodiscard]] std::span<const Token> tokens() const { return std::span(tokens_).first(count_); }
    // How often each literal and each length code occurs, and one end of the block.
    [[nodiscard]] const std::array<std::uint32_t, kLiteralCodes>& frequencies() const {
        return frequencies_;
    }

  private:
    // A full match, less what the rest may lack to be a match: pieces of a long match are no
    // shorter.
    static constexpr std::size_t kMinPiece = kMaxMatch - kMinMatch;

    void add_piece(std::size_t begin, std::size_t size);
    void literal(std::uint8_t byte);
    void match(Token::Kind kind, std::size_t length);
    void flush(std::size_t end);

    const std::uint8_t* bytes_;
    std::size_t stride_;
    std::size_t line_ = 0;
    std::size_t above_ = 0;
    std::size_t like_above_ = 0;  // bytes collected that equal those above
    std::vector<Token> tokens_;   // a token per byte, or per piece of a long match, at most
    std::size_t count_ = 0;
    std::array<std::uint32_t, kLiteralCodes> frequencies_{};
};

}  // namespace qr
