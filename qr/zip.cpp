#include "qr/zip.hpp"

#include "qr/checksum.hpp"

#include <limits>

namespace qr {
namespace {

constexpr std::uint64_t kMaxOffset = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kVersion = 10;      // 1.0: stored entries
constexpr std::uint32_t kFirstDate = 0x21;  // 1980-01-01

void put16(std::string& out, std::uint64_t value) {
    out += static_cast<char>(value & 0xff);
    out += static_cast<char>(value >> 8 & 0xff);
}

void put32(std::string& out, std::uint64_t value) {
    put16(out, value & 0xffff);
    put16(out, value >> 16 & 0xffff);
}

// The fields that an entry's local header and its directory record share (4.3.7, 4.3.12).
void put_entry(std::string& out, std::string_view name, std::string_view bytes, std::uint32_t crc) {
    put16(out, kVersion);
    put16(out, 0);  // flags
    put16(out, 0);  // stored
    put16(out, 0);  // time
    put16(out, kFirstDate);
    put32(out, crc);
    put32(out, bytes.size());
    put32(out, bytes.size());
    put16(out, name.size());
    put16(out, 0);  // extra field
}

}  // namespace

Result<void> ZipWriter::add(std::string_view name, std::string_view bytes, std::string& out) {
    constexpr std::size_t local_header = 30;
    constexpr std::size_t directory_record = 46;
    const std::uint64_t size = local_header + name.size() + bytes.size();
    // The directory follows the entries, and its place has 32 bits as well.
    if (entries_ == kMaxZipEntries ||
        written_ + size + directory_.size() + directory_record + name.size() > kMaxOffset)
        return Problem{"labels", "labels are more than one ZIP file holds: 65535, and 4 GB"};
    const std::uint32_t crc = crc32(bytes);
    put32(out, 0x04034b50);
    put_entry(out, name, bytes, crc);
    out += name;
    out += bytes;

    put32(directory_, 0x02014b50);
    put16(directory_, kVersion);  // made by
    put_entry(directory_, name, bytes, crc);
    put16(directory_, 0);  // comment
    put16(directory_, 0);  // disk
    put16(directory_, 0);  // internal attributes
    put32(directory_, 0);  // external attributes
    put32(directory_, written_);
    directory_ += name;
    ++entries_;
    written_ += size;
    return {};
}

void ZipWriter::finish(std::string& out) {
    out += directory_;
    put32(out, 0x06054b50);
    put16(out, 0);  // this disk
    put16(out, 0);  // disk of the directory
    put16(out, entries_);
    put16(out, entries_);
    put32(out, directory_.size());
    put32(out, written_);
    put16(out, 0);  // comment
}

}  // namespace qr
