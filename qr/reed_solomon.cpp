#include "qr/reed_solomon.hpp"

#include <algorithm>
#include <vector>

namespace qr {
namespace {

std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {
    unsigned product = 0;
    for (int bit = 7; bit >= 0; --bit) {
        product = product << 1 ^ (product >> 7) * 0x11d;
        product ^= (b >> bit & 1U) * a;
    }
    return static_cast<std::uint8_t>(product);
}

// Coefficients from the second highest power down; the highest is 1.
std::vector<std::uint8_t> generator(std::size_t degree) {
    std::vector<std::uint8_t> coefficients(degree, 0);
    coefficients.back() = 1;
    std::uint8_t root = 1;
    for (std::size_t i = 0; i < degree; ++i) {
        for (std::size_t k = 0; k < degree; ++k) {
            coefficients[k] = multiply(coefficients[k], root);
            if (k + 1 < degree) coefficients[k] ^= coefficients[k + 1];
        }
        root = multiply(root, 2);
    }
    return coefficients;
}

}  // namespace

void correct(std::span<const std::uint8_t> data, std::span<std::uint8_t> correction) {
    const auto divisor = generator(correction.size());
    std::fill(correction.begin(), correction.end(), std::uint8_t{0});
    for (const std::uint8_t byte : data) {
        const auto factor = static_cast<std::uint8_t>(byte ^ correction[0]);
        std::shift_left(correction.begin(), correction.end(), 1);
        correction.back() = 0;
        for (std::size_t k = 0; k < correction.size(); ++k)
            correction[k] ^= multiply(divisor[k], factor);
    }
}

}  // namespace qr
