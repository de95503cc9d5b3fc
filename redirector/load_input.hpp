// Lines of a file or a pipe, of bounded length, and a digest of all that was read.
// Shape:   a line ends with a line feed or with the input; a carriage return before it is left on.
// Errors:  values of Read.
// Threads: one. next() blocks; whoever stops it is heard within a quarter of a second.
#pragma once

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <sodium.h>
#include <string>

namespace redirector {

enum class Read : std::uint8_t { line, too_long, end, stopped, failed };

class LoadInput {
  public:
    // Reads the descriptor until `stopping` is not 0; both outlive this.
    LoadInput(int descriptor, std::size_t max_line, const volatile std::sig_atomic_t& stopping);

    // `line` is empty unless the answer is `line`. A line that is too long is read over.
    Read next(std::string& line);

    std::uint64_t bytes() const { return bytes_; }  // in the lines so far
    std::string digest() const;  // of the lines so far: BLAKE2b (RFC 7693), 64 hexadecimal digits

  private:
    Read fill();
    void take(std::string_view piece);
    Read finish_line(bool too_long);

    const int descriptor_;
    const std::size_t max_line_;
    const volatile std::sig_atomic_t& stopping_;
    std::array<char, 65'536> buffer_;
    std::size_t begin_ = 0;  // what of buffer_ is not yet read: up to end_
    std::size_t end_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t line_bytes_ = 0;  // of the line under way
    crypto_generichash_state lines_;
    crypto_generichash_state line_;  // lines_ and the line under way
};

}  // namespace redirector
