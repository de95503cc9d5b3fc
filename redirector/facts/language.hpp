// Which language a client asks for (Accept-Language).
// Shape:   at most kMaxLanguageRanges ranges are kept, in the order of preference; views into the
//          header value, nothing copied or allocated.
// Units:   weights are thousandths: "q=0.8" is 800.
// Errors:  a malformed range is skipped, the others count.
// Threads: pure functions.
// Source:  RFC 9110 12.4.2, 12.5.4; RFC 4647 2.1 (ranges), 3.4 (lookup).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace redirector::facts {

inline constexpr std::size_t kMaxLanguageRanges = 16;

struct LanguageRange {
    std::string_view tag;  // as written: "de-CH", "*"
    std::uint16_t weight = 0;
};

struct LanguageRanges {
    std::array<LanguageRange, kMaxLanguageRanges> ranges{};
    std::size_t count = 0;

    const LanguageRange* begin() const { return ranges.data(); }
    const LanguageRange* end() const { return ranges.data() + count; }
};

// The ranges that are wanted (weight over 0), best first, equals in the order written. Of a longer
// list the first kMaxLanguageRanges are kept.
LanguageRanges parse_accept_language(std::string_view header);

// A primary language subtag in lower case: "de", "gsw"; empty when there is none.
struct PrimaryLanguage {
    std::array<char, 8> letters{};
    std::uint8_t size = 0;

    std::string_view text() const { return {letters.data(), size}; }
};

// The primary language of the best range that names one ("*" names none).
PrimaryLanguage best_language(std::string_view header);

// RFC 4647 lookup: the first of the ranges, cut from the right subtag by subtag, that equals one of
// the available tags without regard to case; empty when none does. "*" is passed over.
std::string_view lookup_language(const LanguageRanges& ranges,
                                 std::span<const std::string_view> available);

}  // namespace redirector::facts
