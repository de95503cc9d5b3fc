// An account's logo as Redis and memory hold it.
//
// Record, integers little-endian:
//   offset  bytes      what
//   0       1          version, 1
//   1       2          w: pixels across, 8 to 128
//   3       2          h: pixels down, 8 to 128
//   5       4 * w * h  red, green, blue, alpha (straight), row by row from the top
//
// Pixels, not the file that was uploaded: it is decoded once, where it came in, and no node that
// draws with it reads what a stranger wrote.
// Errors:  a record of another version or length is none.
// Threads: immutable.
#pragma once

#include "qr/logo.hpp"
#include "redirector/store/cache_entry.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace redirector {

// Its key in Redis, with the prefix of all that nodes keep in memory (store/keyspace.hpp).
inline constexpr std::string_view kLogoPrefix = "c:o:";
inline std::string logo_key(std::string_view account) {
    return std::string(kLogoPrefix).append("{").append(account).append("}");
}

class CachedLogo final : public store::CacheEntry {
  public:
    explicit CachedLogo(std::shared_ptr<const qr::Logo> logo) : logo_(std::move(logo)) {}

    const std::shared_ptr<const qr::Logo>& logo() const { return logo_; }
    std::size_t bytes() const noexcept override;

  private:
    std::shared_ptr<const qr::Logo> logo_;
};

std::string encode_logo(const qr::Logo& logo);

// Null: not what encode_logo() writes.
std::shared_ptr<const qr::Logo> decode_logo(std::string_view record);

}  // namespace redirector
