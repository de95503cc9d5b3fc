#include "redirector/facts/literal_scanner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace redirector::facts {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LiteralScanner, FindsLiteralsWithinOneAnother) {
    const LiteralScanner scanner{{"he", "she", "hers", "his", "e"}};
    EXPECT_THAT(scanner.find("ushers"), ElementsAre(0, 1, 2, 4));
    EXPECT_THAT(scanner.find("hhhis"), ElementsAre(3));
    EXPECT_THAT(scanner.find("hi"), IsEmpty());
    EXPECT_THAT(scanner.find(""), IsEmpty());
}

TEST(LiteralScanner, TakesAsciiLettersOfTheTextAsLowerCase) {
    const LiteralScanner scanner{{"a/1", "\xE4"}};
    EXPECT_THAT(scanner.find("xA/1"), ElementsAre(0));
    EXPECT_THAT(scanner.find("\xC4"), IsEmpty());
    EXPECT_THAT(scanner.find(std::string_view{"\0\xE4", 2}), ElementsAre(1));
}

TEST(LiteralScanner, FindsNothingWithoutLiterals) {
    EXPECT_THAT(LiteralScanner{{}}.find("anything"), IsEmpty());
}

TEST(LiteralScanner, AgreesWithPlainSearchOnRandomTexts) {
    std::mt19937 random{17};
    const auto random_text = [&random](std::size_t most) {
        std::string text(1 + random() % most, 'a');
        for (char& c : text)
            c = static_cast<char>('a' + random() % 3);
        return text;
    };
    for (int round = 0; round < 300; ++round) {
        std::set<std::string> distinct;
        for (int literal = 0; literal < 20; ++literal)
            distinct.insert(random_text(6));
        const std::vector<std::string> literals{distinct.begin(), distinct.end()};
        const LiteralScanner scanner{literals};
        const auto text = random_text(60);
        std::vector<int> expected;
        for (std::size_t place = 0; place < literals.size(); ++place) {
            if (text.find(literals[place]) != text.npos)
                expected.push_back(static_cast<int>(place));
        }
        ASSERT_EQ(scanner.find(text), expected) << text;
    }
}

}  // namespace
}  // namespace redirector::facts
