#include "redirector/negotiate.hpp"

#include "redirector/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace redirector {
namespace {

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// Takes the part of `text` before `separator` off its front.
std::string_view take(std::string_view& text, char separator) {
    const std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    return trim(part);
}

// How specific a media range is for a type: 0 does not match, 1 */*, 2 type/*, 3 type/subtype.
int specificity(std::string_view range, std::string_view type) {
    if (range == "*/*") return 1;
    if (range.ends_with("/*") && equal_ignoring_case(range.substr(0, range.size() - 1),
                                                     type.substr(0, type.find('/') + 1))) {
        return 2;
    }
    return equal_ignoring_case(range, type) ? 3 : 0;
}

double quality(std::string_view parameters) {
    while (!parameters.empty()) {
        const std::string_view parameter = take(parameters, ';');
        if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
        double q = 0;
        const auto [end, error] =
            std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), q);
        return error == std::errc{} && std::isfinite(q) ? std::clamp(q, 0.0, 1.0) : 0.0;
    }
    return 1;
}

double quality_of(std::string_view accept, std::string_view type) {
    int best = 0;
    double q = 0;
    while (!accept.empty()) {
        std::string_view element = take(accept, ',');
        const std::string_view range = take(element, ';');
        const int match = specificity(range, type);
        if (match <= best) continue;
        best = match;
        q = quality(element);
    }
    return q;
}

}  // namespace

std::optional<std::size_t> negotiate(std::string_view accept,
                                     std::span<const std::string_view> offered) {
    if (trim(accept).empty()) return 0;
    std::optional<std::size_t> chosen;
    double best = 0;
    for (std::size_t i = 0; i < offered.size(); ++i) {
        const double q = quality_of(accept, offered[i]);
        if (q <= best) continue;
        best = q;
        chosen = i;
    }
    return chosen;
}

}  // namespace redirector
