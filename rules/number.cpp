#include "rules/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>

namespace rules {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
    while (at < text.size() && is_digit(text[at]))
        ++at;
    return at;
}

// std::from_chars reports overflow and underflow alike; the decimal position of the first
// significant digit tells which one it was.
double beyond_double(std::string_view text, std::size_t exponent_at) {
    const std::string_view mantissa = text.substr(0, exponent_at);
    const std::size_t first = mantissa.find_first_of("123456789");
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    long magnitude = static_cast<long>(point) - static_cast<long>(first);
    if (exponent_at < text.size()) {
        const std::size_t skip = text[exponent_at + 1] == '+' ? 2 : 1;
        long exponent = 0;
        std::from_chars(text.data() + exponent_at + skip, text.data() + text.size(), exponent);
        magnitude += exponent;
    }
    const double value = magnitude > 0 ? std::numeric_limits<double>::infinity() : 0.0;
    return text.front() == '-' ? -value : value;
}

}  // namespace

std::optional<Number> parse_number(std::string_view text) {
    const std::size_t digits = text.starts_with('-') ? 1 : 0;
    std::size_t at = skip_digits(text, digits);
    if (at == digits) return std::nullopt;
    const std::size_t integer_end = at;
    if (at < text.size() && text[at] == '.') {
        const std::size_t fraction = at + 1;
        at = skip_digits(text, fraction);
        if (at == fraction) return std::nullopt;
    }
    const std::size_t exponent_at = at;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        const std::size_t exponent = at;
        at = skip_digits(text, exponent);
        if (at == exponent || at - exponent > 3) return std::nullopt;
    }
    if (at != text.size()) return std::nullopt;

    const char* const end = text.data() + text.size();
    if (integer_end == text.size()) {
        std::int64_t integer = 0;
        if (std::from_chars(text.data(), end, integer).ec == std::errc()) {
            return integer_number(integer);
        }
    }
    double real = 0;
    if (std::from_chars(text.data(), end, real).ec != std::errc()) {
        real = beyond_double(text, exponent_at);
    }
    return real_number(real);
}

std::string_view format_number(const Number& number, std::span<char, 32> buffer) {
    constexpr double kLargestPlain = 1e15;
    char* const begin = buffer.data();
    char* const end = begin + buffer.size();
    const bool plain = !number.exact && std::fabs(number.real) < kLargestPlain &&
                       number.real == std::trunc(number.real);
    const auto written = number.exact ? std::to_chars(begin, end, number.integer)
                         : plain ? std::to_chars(begin, end, static_cast<std::int64_t>(number.real))
                                 : std::to_chars(begin, end, number.real);
    return {begin, static_cast<std::size_t>(written.ptr - begin)};
}

}  // namespace rules
