// Logo: a picture in the middle of a code.
// Shape:   at most kMaxLogo x kMaxLogo pixels, red, green, blue, alpha (straight), row by row from
//          the top; larger pictures are reduced when the logo is made.
// Errors:  a picture of no size, or larger than kMaxLogoSource a side, is a Problem naming `logo`.
// Threads: never changes once made.
#pragma once

#include "qr/problem.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace qr {

inline constexpr int kMinLogo = 8;  // pixels a side
inline constexpr int kMaxLogo = 128;
inline constexpr int kMaxLogoSource = 4096;

class Logo {
  public:
    // From decoded pixels, 4 * width * height bytes.
    [[nodiscard]] static Result<std::shared_ptr<const Logo>> make(
        int width, int height, std::span<const std::uint8_t> rgba);

    [[nodiscard]] int width() const { return width_; }
    [[nodiscard]] int height() const { return height_; }
    [[nodiscard]] std::span<const std::uint8_t> rgba() const { return rgba_; }
    // Equal for equal pixels, for the entity tag.
    [[nodiscard]] std::uint64_t hash() const { return hash_; }

    // The picture at another size (1 or more): means of the pixels that fall into one, weighted by
    // alpha.
    [[nodiscard]] std::vector<std::uint8_t> resampled(int width, int height) const;

  private:
    Logo(int width, int height, std::vector<std::uint8_t> rgba);

    int width_;
    int height_;
    std::vector<std::uint8_t> rgba_;
    std::uint64_t hash_;
};

}  // namespace qr
