// ZIP: many images as one download, written as they are drawn.
// Shape:   entries stored, not compressed (a PNG is compressed already, vectors are small), dated
//          1980-01-01, the format's zero; so the bytes depend on the input alone.
// Errors:  more than kMaxZipEntries entries or 4 GB is a Problem naming `labels`.
// Memory:  46 bytes and its name per entry stay until finish(); what add() appends the caller may
//          take away. Threads: one at a time. Source:  PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4.
#pragma once

#include "qr/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qr {

inline constexpr std::size_t kMaxZipEntries = 65535;

class ZipWriter {
  public:
    // Appends one file to `out`. `name` is 1 to 255 bytes of ASCII, relative, with '/' between
    // folders.
    [[nodiscard]] Result<void> add(std::string_view name, std::string_view bytes, std::string& out);

    // Appends the directory. Nothing may be added afterwards.
    void finish(std::string& out);

  private:
    std::uint64_t written_ = 0;
    std::size_t entries_ = 0;
    std::string directory_;
};

}  // namespace qr
