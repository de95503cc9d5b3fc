#include "qr/style.hpp"

#include "qr/lettering.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace qr {
namespace {

Problem problem(std::string_view parameter, std::string_view rest) {
    return {std::string(parameter), std::string(parameter) + ' ' + std::string(rest)};
}

Result<int> parse_int(std::string_view name, std::string_view value, int low, int high) {
    int number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, failure] = std::from_chars(value.data(), end, number);
    if (failure != std::errc{} || stop != end || number < low || number > high)
        return problem(name, "must be a whole number from " + std::to_string(low) + " to " +
                                 std::to_string(high));
    return number;
}

Result<Level> parse_level(std::string_view name, std::string_view value) {
    constexpr std::string_view letters = "LMQHlmqh";
    const auto at = value.size() == 1 ? letters.find(value[0]) : std::string_view::npos;
    if (at == std::string_view::npos) return problem(name, "must be L, M, Q or H");
    return static_cast<Level>(at % 4);
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Result<Color> parse_color(std::string_view name, std::string_view value, bool may_be_transparent) {
    if (may_be_transparent && value == "transparent") return Color{255, 255, 255, true};
    if (value.starts_with('#')) value.remove_prefix(1);
    const bool is_short = value.size() == 3;
    bool good = is_short || value.size() == 6;
    std::array<std::uint8_t, 3> channel{};
    for (std::size_t i = 0; good && i < 3; ++i) {
        const int high = hex_digit(value[is_short ? i : 2 * i]);
        const int low = is_short ? high : hex_digit(value[2 * i + 1]);
        good = high >= 0 && low >= 0;
        if (good) channel[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    if (!good)
        return problem(name, may_be_transparent
                                 ? "must be a colour as rgb or rrggbb in hex, or transparent"
                                 : "must be a colour as rgb or rrggbb in hex");
    return Color{channel[0], channel[1], channel[2]};
}

Result<Unit> parse_unit(std::string_view name, std::string_view value) {
    if (value == "px") return Unit::px;
    if (value == "mm") return Unit::mm;
    return problem(name, "must be px or mm");
}

Result<bool> parse_switch(std::string_view name, std::string_view value) {
    if (value == "0" || value == "1") return value == "1";
    return problem(name, "must be 0 or 1");
}

// Hundredths of a millimetre from digits, and a point and one or two more digits if need be.
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

Result<int> parse_size(std::string_view name, std::string_view value, const Style& style) {
    if (style.unit == Unit::px) return parse_int(name, value, 1, kMaxSize);
    const auto hundredths = parse_hundredths(value);
    const int pixels =
        hundredths ? static_cast<int>(std::lround(*hundredths * *style.dpi / 2540.0)) : 0;
    if (pixels < 1 || pixels > kMaxDots) return size_problem(name, 1, style);
    return pixels;
}

// Values by name, each at most once.
enum Name : std::size_t { w, h, unit, dpi, ecc, margin, fg, bg, caption, kNames };
constexpr std::array<std::string_view, kNames> kNameTexts{"w",      "h",  "unit", "dpi",    "ecc",
                                                          "margin", "fg", "bg",   "caption"};
using Values = std::array<std::optional<std::string_view>, kNames>;

Result<Values> by_name(std::span<const Parameter> parameters) {
    constexpr std::size_t most_shown = 40;
    Values values;
    for (const auto& [name, value] : parameters) {
        const auto* const found = std::find(kNameTexts.begin(), kNameTexts.end(), name);
        if (found == kNameTexts.end())
            return problem(name.substr(0, most_shown), "is not a parameter of a QR code");
        auto& place = values[static_cast<std::size_t>(found - kNameTexts.begin())];
        if (place) return problem(name, "is given more than once");
        place = value;
    }
    return values;
}

// Parses the values that are given into their targets, up to the first that is refused.
class Taker {
  public:
    explicit Taker(const Values& values) : values_(values) {}

    // `parse` is called with name, value and arguments.
    template <class Target, class Parse, class... Arguments>
    Taker& take(Name name, Target& target, Parse parse, const Arguments&... arguments) {
        if (problem_ || !values_[name]) return *this;
        const auto parsed = parse(kNameTexts[name], *values_[name], arguments...);
        if (parsed)
            target = *parsed;
        else
            problem_ = parsed.error();
        return *this;
    }
    [[nodiscard]] const std::optional<Problem>& refused() const { return problem_; }

  private:
    const Values& values_;
    std::optional<Problem> problem_;
};

}  // namespace

Problem size_problem(std::string_view name, int least, const Style& style) {
    const int most = most_pixels(style);
    std::string range = std::to_string(least) + " to " + std::to_string(most);
    if (style.unit == Unit::mm) {
        const int dpi = style.dpi.value_or(kDefaultDpi);
        const auto tenths = [](int n) {
            return std::to_string(n / 10) + '.' + std::to_string(n % 10);
        };
        range = tenths((least * 254 + dpi - 1) / dpi) + " to " + tenths(most * 254 / dpi) +
                " mm at " + std::to_string(dpi) + " dpi";
    }
    return problem(name, "must be from " + range);
}

Result<Style> parse_style(std::span<const Parameter> parameters, std::string_view id) {
    const auto named = by_name(parameters);
    if (!named) return named.error();
    const Values& values = *named;
    Style style;
    bool captioned = false;
    Taker taker(values);
    taker.take(unit, style.unit, parse_unit).take(dpi, style.dpi, parse_int, kMinDpi, kMaxDpi);
    if (style.unit == Unit::mm && !style.dpi) style.dpi = kDefaultDpi;
    taker.take(w, style.width, parse_size, style)
        .take(h, style.height, parse_size, style)
        .take(ecc, style.level, parse_level)
        .take(margin, style.margin, parse_int, 0, kMaxMargin)
        .take(fg, style.fg, parse_color, false)
        .take(bg, style.bg, parse_color, true)
        .take(caption, captioned, parse_switch);
    if (taker.refused()) return *taker.refused();
    if (!values[w] && values[h]) style.width = style.height;
    if (!values[h] && values[w]) style.height = style.width;
    if (style.unit == Unit::mm && !values[w] && !values[h])
        return problem("unit", "mm needs w or h");
    if (captioned) {
        style.caption = id;
        if (const auto done = check_caption(id); !done) return done.error();
    }
    if (const auto done = check_colors(style.fg, style.bg); !done) return done.error();
    return style;
}

}  // namespace qr
