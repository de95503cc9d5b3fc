// PDF writer: objects one after the other, and the table of where they lie.
// Shape:   PDF 1.4 (ISO 32000-1:2008), streams of drawing operators uncompressed. No date and no
//          /ID, so the bytes depend on the input alone.
// Memory:  what is written is appended to a string that the caller may empty between calls; the
//          writer keeps eight bytes per object.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qr {

inline constexpr std::uint64_t kMaxPdfSize = 9'999'999'999;

class PdfWriter {
  public:
    // Appends the file's first line.
    explicit PdfWriter(std::string& out);

    // Object numbers count from 1; each is written once, in any order, without gaps in the end.
    void object(std::size_t number, std::string_view body, std::string& out);
    // `entries` go into the stream's dictionary beside its length.
    void stream(std::size_t number,
                std::string_view content,
                std::string& out,
                std::string_view entries = {});

    // Bytes of the file so far. The table of PDF 1.4 has ten digits for a place in the file, so
    // objects must begin below kMaxPdfSize.
    [[nodiscard]] std::uint64_t written() const { return written_; }

    // Appends the table and the end of the file, whose catalogue is object `root`.
    void finish(std::size_t root, std::string& out);

  private:
    void begin(std::size_t number, std::string& out);

    std::uint64_t written_ = 0;  // bytes of the file up to the end of the last call
    std::vector<std::uint64_t> offsets_;
};

}  // namespace qr
