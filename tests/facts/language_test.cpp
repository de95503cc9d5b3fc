#include "redirector/facts/language.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace redirector::facts {
namespace {

// "de-CH:1000 en:800"
std::string ranges(std::string_view header) {
    std::string text;
    for (const auto& range : parse_accept_language(header)) {
        if (!text.empty()) text += ' ';
        text += std::string{range.tag} + ":" + std::to_string(range.weight);
    }
    return text;
}

std::string best(std::string_view header) {
    return std::string{best_language(header).text()};
}

TEST(AcceptLanguage, ListsRangesByWeightThenOrder) {
    EXPECT_EQ(ranges("de-CH"), "de-CH:1000");
    EXPECT_EQ(ranges("en;q=0.8, de-CH, fr;q=0.9, it"), "de-CH:1000 it:1000 fr:900 en:800");
    EXPECT_EQ(ranges("da, en-gb;q=0.8, en;q=0.7"), "da:1000 en-gb:800 en:700");
    EXPECT_EQ(ranges("a;q=0.123,b;Q=0.1 , c ; q=0.12,\td;q=1.000"), "d:1000 a:123 c:120 b:100");
    EXPECT_EQ(ranges("*"), "*:1000");
    EXPECT_EQ(ranges(""), "");
}

TEST(AcceptLanguage, LeavesOutWhatIsNotWanted) {
    EXPECT_EQ(ranges("en;q=0, de;q=0.0, fr;q=0.001"), "fr:1");
}

TEST(AcceptLanguage, SkipsMalformedRanges) {
    for (const auto* bad :
         {"d_e",          "-de",        "de-",         "de--CH",   "123",     "abcdefghi",
          "de-abcdefghi", "d e",        "de;",         "de;q",     "de;q=",   "de;q=2",
          "de;q=1.5",     "de;q=1.001", "de;q=0.1234", "de;q=-1",  "de;q=.5", "de;q=0,5",
          "de;x=1",       "de;q=0.5;x", "*-CH",        "\xC3\xA9", "<script>"}) {
        const auto found = ranges(std::string{bad} + ", en;q=0.5");
        EXPECT_TRUE(found == "en:500") << bad << " gave " << found;
    }
}

TEST(AcceptLanguage, IsBounded) {
    std::string many;
    for (int range = 0; range < 100; ++range)
        many += "de-CH,";
    EXPECT_EQ(parse_accept_language(many).count, kMaxLanguageRanges);
    EXPECT_EQ(ranges(std::string(65, ',') + "de"), "") << "items behind the 64th are not read";
    EXPECT_EQ(ranges(std::string(10'000, 'a')), "");
}

TEST(BestLanguage, IsThePrimarySubtagInLowerCase) {
    EXPECT_EQ(best("DE-ch, en"), "de");
    EXPECT_EQ(best("en;q=0.5, gsw-CH"), "gsw");
    EXPECT_EQ(best("zh-Hant-TW"), "zh");
    EXPECT_EQ(best("*, fr;q=0.2"), "fr");
    EXPECT_EQ(best("x-pirate, i-klingon, fr;q=0.2"), "fr");
    EXPECT_EQ(best("*"), "");
    EXPECT_EQ(best(""), "");
}

TEST(LookupLanguage, CutsRangesFromTheRight) {
    constexpr std::array<std::string_view, 4> kAvailable{"en", "de", "zh-Hant", "pt-BR"};
    const auto lookup = [&](std::string_view header) {
        return lookup_language(parse_accept_language(header), kAvailable);
    };
    EXPECT_EQ(lookup("de-CH-1996"), "de");
    EXPECT_EQ(lookup("zh-hant-tw-x-private"), "zh-Hant");
    EXPECT_EQ(lookup("fr, en;q=0.1"), "en");
    EXPECT_EQ(lookup("pt"), "") << "a range is never lengthened";
    EXPECT_EQ(lookup("*"), "");
    EXPECT_EQ(lookup("*, de;q=0.1"), "de");
    EXPECT_EQ(lookup(""), "");
    EXPECT_EQ(lookup_language(parse_accept_language("de"), {}), "");
    constexpr std::array<std::string_view, 1> kSingleton{"zh-x"};
    EXPECT_EQ(lookup_language(parse_accept_language("zh-x-private"), kSingleton), "")
        << "a single letter goes with what follows it";
}

}  // namespace
}  // namespace redirector::facts
