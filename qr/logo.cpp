#include "qr/logo.hpp"

#include "qr/hash.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace qr {
namespace {

// Source pixels that make up pixel `at` of `to`: at least one, and none twice when made smaller.
struct Range {
    int begin;
    int end;
};

Range source_of(int at, int to, int from) {
    const int begin = at * from / to;
    return {begin, std::max(begin + 1, (at + 1) * from / to)};
}

std::vector<std::uint8_t> resample(
    std::span<const std::uint8_t> rgba, int from_width, int from_height, int width, int height) {
    std::vector<std::uint8_t> result;
    result.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const Range rows = source_of(y, height, from_height);
            const Range columns = source_of(x, width, from_width);
            std::array<std::uint64_t, 3> color{};
            std::uint64_t alpha = 0;
            for (int row = rows.begin; row < rows.end; ++row)
                for (int column = columns.begin; column < columns.end; ++column) {
                    const auto* const pixel = &rgba[(static_cast<std::size_t>(row) *
                                                         static_cast<std::size_t>(from_width) +
                                                     static_cast<std::size_t>(column)) *
                                                    4];
                    for (std::size_t i = 0; i < 3; ++i)
                        color[i] += std::uint64_t{pixel[i]} * pixel[3];
                    alpha += pixel[3];
                }
            const auto count =
                static_cast<std::uint64_t>((rows.end - rows.begin) * (columns.end - columns.begin));
            for (const std::uint64_t sum : color)
                result.push_back(
                    static_cast<std::uint8_t>(alpha == 0 ? 0 : (sum + alpha / 2) / alpha));
            result.push_back(static_cast<std::uint8_t>((alpha + count / 2) / count));
        }
    return result;
}

}  // namespace

Logo::Logo(int width, int height, std::vector<std::uint8_t> rgba)
    : width_(width), height_(height), rgba_(std::move(rgba)) {
    Hash hash;
    hash.add(static_cast<std::uint64_t>(width));
    hash.add({reinterpret_cast<const char*>(rgba_.data()), rgba_.size()});
    hash_ = hash.value();
}

Result<std::shared_ptr<const Logo>> Logo::make(int width,
                                               int height,
                                               std::span<const std::uint8_t> rgba) {
    const auto out_of_range = [](int side) { return side < kMinLogo || side > kMaxLogoSource; };
    if (out_of_range(width) || out_of_range(height))
        return Problem{"logo", "logo must have from " + std::to_string(kMinLogo) + " to " +
                                   std::to_string(kMaxLogoSource) + " pixels a side"};
    if (rgba.size() !=
        std::size_t{4} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height))
        return Problem{"logo", "logo has another number of pixels than its size says"};
    // Reduced to kMaxLogo along the longer side, kMinLogo along a very short one.
    const int longer = std::max(width, height);
    const auto reduced = [longer](int side) {
        return longer <= kMaxLogo ? side : std::max(kMinLogo, side * kMaxLogo / longer);
    };
    return std::shared_ptr<const Logo>(
        new Logo(reduced(width), reduced(height),
                 resample(rgba, width, height, reduced(width), reduced(height))));
}

std::vector<std::uint8_t> Logo::resampled(int width, int height) const {
    return resample(rgba_, width_, height_, width, height);
}

}  // namespace qr
