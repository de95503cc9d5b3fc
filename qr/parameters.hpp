// Parameters: (name, value) pairs from outside, looked up by name and parsed one by one.
// Errors:  an unknown or repeated name, and a value out of range, are Problems naming the
//          parameter. Threads: pure functions; a Taker belongs to one thread.
#pragma once

#include "qr/problem.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace qr {

// One parameter as it came: name and decoded value.
using Parameter = std::pair<std::string_view, std::string_view>;

// What may be asked for: the rows of which queries, request bodies and command-line options are made.
struct ParameterInfo {
    std::string_view name;
    std::string_view option;    // on a command line, with a short name after a comma
    std::string_view argument;  // what stands for the value there
    std::string_view meaning;
};

// One table after the other.
template <std::size_t... sizes>
constexpr auto join_tables(const std::array<ParameterInfo, sizes>&... tables) {
    std::array<ParameterInfo, (sizes + ...)> joined;
    auto* end = joined.begin();
    ((end = std::copy(tables.begin(), tables.end(), end)), ...);
    return joined;
}

// "`parameter` `rest`".
[[nodiscard]] Problem problem(std::string_view parameter, std::string_view rest);

// A whole number in decimal digits, `low` to `high`.
[[nodiscard]] Result<int> parse_int(std::string_view name,
                                    std::string_view value,
                                    int low,
                                    int high);

// 0 or 1.
[[nodiscard]] Result<bool> parse_switch(std::string_view name, std::string_view value);

// Hundredths of a unit, from up to four digits, or those and a point and one or two more digits.
[[nodiscard]] std::optional<int> parse_hundredths(std::string_view value);

// Parses parameters into their targets, up to the first that is refused.
class Taker {
  public:
    // Refuses names that are not in `known` (for `what`, as in "a QR code") and repeated ones. The
    // parameters must outlive the taker.
    Taker(std::span<const Parameter> parameters,
          std::span<const ParameterInfo> known,
          std::string_view what);

    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

    // Where `name` is given and nothing was refused yet, sets `target` to what parse(name, value,
    // arguments...) yields, a Result.
    template <class Target, class Parse, class... Arguments>
    Taker& take(std::string_view name, Target& target, Parse parse, const Arguments&... arguments) {
        const auto* const value = find(name);
        if (problem_ || value == nullptr) return *this;
        const auto parsed = parse(name, *value, arguments...);
        if (parsed)
            target = *parsed;
        else
            problem_ = parsed.error();
        return *this;
    }
    [[nodiscard]] const std::optional<Problem>& refused() const { return problem_; }

  private:
    [[nodiscard]] const std::string_view* find(std::string_view name) const;

    std::span<const Parameter> parameters_;
    std::optional<Problem> problem_;
};

}  // namespace qr
