#include "qr/parameters.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace qr {

Problem problem(std::string_view parameter, std::string_view rest) {
    return {std::string(parameter), std::string(parameter) + ' ' + std::string(rest)};
}

Result<int> parse_int(std::string_view name, std::string_view value, int low, int high) {
    int number = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, failure] = std::from_chars(value.data(), end, number);
    if (failure != std::errc{} || stop != end || number < low || number > high)
        return problem(name, "must be a whole number from " + std::to_string(low) + " to " +
                                 std::to_string(high));
    return number;
}

Result<bool> parse_switch(std::string_view name, std::string_view value) {
    if (value == "0" || value == "1") return value == "1";
    return problem(name, "must be 0 or 1");
}

std::optional<int> parse_hundredths(std::string_view value) {
    const auto point = std::min(value.find('.'), value.size());
    const auto whole = value.substr(0, point);
    const auto decimals = value.substr(std::min(point + 1, value.size()));
    if (whole.empty() || whole.size() > 4 || decimals.size() > 2) return std::nullopt;
    if (point < value.size() && decimals.empty()) return std::nullopt;
    std::string digits(whole);
    digits.append(decimals).append(2 - decimals.size(), '0');
    int number = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    return number;
}

Taker::Taker(std::span<const Parameter> parameters,
             std::span<const ParameterInfo> known,
             std::string_view what)
    : parameters_(parameters) {
    constexpr std::size_t most_shown = 40;
    for (std::size_t i = 0; i < parameters.size() && !problem_; ++i) {
        const auto name = parameters[i].first;
        const auto same = [&](const Parameter& other) { return other.first == name; };
        if (name.empty())
            problem_ = Problem{"", "a parameter has no name"};
        else if (std::ranges::find(known, name, &ParameterInfo::name) == known.end())
            problem_ =
                problem(name.substr(0, most_shown), "is not a parameter of " + std::string(what));
        else if (std::any_of(parameters.begin(), parameters.begin() + static_cast<long>(i), same))
            problem_ = problem(name, "is given more than once");
    }
}

const std::string_view* Taker::find(std::string_view name) const {
    for (const Parameter& parameter : parameters_)
        if (parameter.first == name) return &parameter.second;
    return nullptr;
}

}  // namespace qr
