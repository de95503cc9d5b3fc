#include "redirector/facts/language.hpp"

#include "redirector/facts/text.hpp"

#include <algorithm>
#include <optional>

namespace redirector::facts {
namespace {

constexpr std::size_t kMaxSubtag = 8;  // RFC 4647 2.1
constexpr std::size_t kMaxTag = 64;    // no tag of use is longer
constexpr std::size_t kMaxItems = 64;  // of a header; those behind are not read

std::string_view primary_subtag(std::string_view tag) {
    return tag.substr(0, tag.find('-'));
}

// language-range = (1*8ALPHA *("-" 1*8alphanum)) / "*"   (RFC 4647 2.1)
bool is_range(std::string_view tag) {
    if (tag == "*") return true;
    if (tag.empty() || tag.size() > kMaxTag) return false;
    const auto primary = primary_subtag(tag);
    if (!std::all_of(primary.begin(), primary.end(), is_letter)) return false;
    std::size_t length = 0;
    for (const char c : tag) {
        if (c == '-') {
            if (length == 0) return false;
            length = 0;
        } else if (!(is_letter(c) || is_digit(c)) || ++length > kMaxSubtag) {
            return false;
        }
    }
    return length > 0;
}

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )   (RFC 9110 12.4.2)
std::optional<std::uint16_t> parse_weight(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    int weight = (text[0] - '0') * 1000;
    int unit = 100;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (!is_digit(c)) return std::nullopt;
        weight += (c - '0') * unit;
        unit /= 10;
    }
    if (weight > 1000) return std::nullopt;
    return static_cast<std::uint16_t>(weight);
}

// One element, "de-CH" or "de-CH;q=0.8".
std::optional<LanguageRange> parse_range(std::string_view item) {
    const auto semicolon = item.find(';');
    LanguageRange range{trimmed(item.substr(0, semicolon)), 1000};
    if (!is_range(range.tag)) return std::nullopt;
    if (semicolon == item.npos) return range;

    const auto parameter = trimmed(item.substr(semicolon + 1));
    if (parameter.size() < 2 || lower(parameter[0]) != 'q' || parameter[1] != '=') {
        return std::nullopt;
    }
    const auto weight = parse_weight(parameter.substr(2));
    if (!weight) return std::nullopt;
    range.weight = *weight;
    return range;
}

// Cuts the last subtag, and a single letter or digit before it (RFC 4647 3.4).
std::string_view shortened(std::string_view tag) {
    auto cut = tag.rfind('-');
    if (cut == tag.npos) return {};
    if (cut >= 2 && tag[cut - 2] == '-') cut -= 2;
    return tag.substr(0, cut);
}

}  // namespace

LanguageRanges parse_accept_language(std::string_view header) {
    LanguageRanges found;
    for (std::size_t item = 0; item < kMaxItems && !header.empty(); ++item) {
        const auto comma = header.find(',');
        const auto range = parse_range(trimmed(header.substr(0, comma)));
        header = comma == header.npos ? std::string_view{} : header.substr(comma + 1);
        if (!range || range->weight == 0) continue;
        found.ranges[found.count++] = *range;
        if (found.count == kMaxLanguageRanges) break;
    }
    // Insertion sort: short, in place, and it keeps the order of equals.
    for (std::size_t next = 1; next < found.count; ++next) {
        for (std::size_t at = next; at > 0 && found.ranges[at - 1].weight < found.ranges[at].weight;
             --at) {
            std::swap(found.ranges[at - 1], found.ranges[at]);
        }
    }
    return found;
}

PrimaryLanguage best_language(std::string_view header) {
    PrimaryLanguage language;
    for (const auto& range : parse_accept_language(header)) {
        const auto primary = primary_subtag(range.tag);
        if (primary.size() < 2) continue;  // "*", and the prefixes "i-" and "x-"
        std::transform(primary.begin(), primary.end(), language.letters.begin(), lower);
        language.size = static_cast<std::uint8_t>(primary.size());
        break;
    }
    return language;
}

std::string_view lookup_language(const LanguageRanges& ranges,
                                 std::span<const std::string_view> available) {
    for (const auto& range : ranges) {
        for (auto tag = range.tag; !tag.empty(); tag = shortened(tag)) {
            const auto same = [tag](std::string_view other) { return equal_folded(tag, other); };
            const auto match = std::find_if(available.begin(), available.end(), same);
            if (match != available.end()) return *match;
        }
    }
    return {};
}

}  // namespace redirector::facts
