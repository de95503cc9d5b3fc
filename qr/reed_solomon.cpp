#include "qr/reed_solomon.hpp"

#include <algorithm>

namespace qr {
namespace {

std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {
    std::uint8_t product = 0;
    for (int bit = 7; bit >= 0; --bit) {
        product = doubled(product);
        if ((b >> bit & 1) != 0) product ^= a;
    }
    return product;
}

}  // namespace

Generator::Generator(std::size_t degree) : coefficients_(degree, 0) {
    coefficients_.back() = 1;
    std::uint8_t root = 1;
    for (std::size_t i = 0; i < degree; ++i) {
        for (std::size_t k = 0; k < degree; ++k) {
            coefficients_[k] = multiply(coefficients_[k], root);
            if (k + 1 < degree) coefficients_[k] ^= coefficients_[k + 1];
        }
        root = doubled(root);
    }
}

void Generator::divide(std::uint8_t codeword, std::span<std::uint8_t> remainder) const {
    const auto factor = static_cast<std::uint8_t>(codeword ^ remainder[0]);
    std::shift_left(remainder.begin(), remainder.end(), 1);
    remainder.back() = 0;
    for (std::size_t k = 0; k < remainder.size(); ++k)
        remainder[k] ^= multiply(coefficients_[k], factor);
}

}  // namespace qr
