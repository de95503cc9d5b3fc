#include "redirector/cached_logo.hpp"

#include <cstdint>
#include <span>

namespace redirector {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kHead = 5;

void append_16(std::string& record, int number) {
    record += static_cast<char>(number & 0xff);
    record += static_cast<char>(number >> 8);
}

int read_16(std::string_view record, std::size_t at) {
    return static_cast<unsigned char>(record[at]) | static_cast<unsigned char>(record[at + 1]) << 8;
}

}  // namespace

std::size_t CachedLogo::bytes() const noexcept {
    return store::heap_bytes(sizeof(*this)) + store::heap_bytes(sizeof(qr::Logo)) +
           store::heap_bytes(logo_->rgba().size());
}

std::string encode_logo(const qr::Logo& logo) {
    std::string record(1, kVersion);
    append_16(record, logo.width());
    append_16(record, logo.height());
    record.append(reinterpret_cast<const char*>(logo.rgba().data()), logo.rgba().size());
    return record;
}

std::shared_ptr<const qr::Logo> decode_logo(std::string_view record) {
    if (record.size() < kHead || record[0] != kVersion) return nullptr;
    const int width = read_16(record, 1);
    const int height = read_16(record, 3);
    if (width > qr::kMaxLogo || height > qr::kMaxLogo) return nullptr;
    const std::string_view pixels = record.substr(kHead);
    const auto logo = qr::Logo::make(
        width, height,
        std::span(reinterpret_cast<const std::uint8_t*>(pixels.data()), pixels.size()));
    return logo ? *logo : nullptr;
}

}  // namespace redirector
