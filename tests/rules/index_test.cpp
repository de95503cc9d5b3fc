// The index's parts at their edges; that it agrees with the walk in general is random_test.cpp's.
#include "rules/index.hpp"

#include "rules/bitmap.hpp"
#include "rules/compile.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace rules {
namespace {

RuleSource rule(std::string match) {
    RuleSource source;
    source.match = std::move(match);
    source.redirect_url = "https://e.com/";
    return source;
}

struct Indexed {
    std::shared_ptr<const Ruleset> ruleset;
    Context context;

    explicit Indexed(const std::vector<RuleSource>& rules) {
        ruleset = compile(rules, {Level::application, {}})->ruleset;
        EXPECT_TRUE(ruleset->is_indexed());
    }

    // The rule decided on; checked against the walk.
    std::uint32_t decide(const Facts& facts) {
        context.begin(ruleset->fields());
        context.set_all(facts);
        const Decision decision = ruleset->decide(context);
        EXPECT_EQ(decision, ruleset->decide_linear(context));
        return decision.rule;
    }
};

TEST(Index, RareValuesLeadToTheirRules) {
    std::vector<RuleSource> rules;
    for (int i = 0; i < 2000; ++i) {
        rules.push_back(rule("product.identifiers.upc=" + std::to_string(i) + "&country=DE,FR"));
    }
    Indexed indexed(rules);
    for (const int i : {0, 1, 63, 64, 1000, 1999}) {
        EXPECT_EQ(
            indexed.decide({{"product.identifiers.upc", std::to_string(i)}, {"country", "FR"}}),
            static_cast<std::uint32_t>(i));
        EXPECT_EQ(indexed.decide({{"product.identifiers.upc", i}, {"country", "de"}}),
                  static_cast<std::uint32_t>(i))
            << "a number finds the literal that looks like it";
        EXPECT_EQ(indexed.decide({{"product.identifiers.upc", i}, {"country", "US"}}), kNoRule);
    }
    EXPECT_EQ(indexed.decide({}), kNoRule);
}

TEST(Index, MoreThanEightTagsAreAllLookedAt) {
    std::vector<RuleSource> rules;
    for (int i = 0; i < 3000; ++i) {
        rules.push_back(rule("thng.tags=t" + std::to_string(i % 30) +
                             "&month=" + std::to_string(i % 12 + 1) + "&country=DE"));
    }
    Indexed indexed(rules);
    for (const int count : {1, 2, 9, 40, 200}) {
        ValueList tags;
        for (int i = 1; i < count; ++i)
            tags.emplace_back("other" + std::to_string(i));
        tags.emplace_back("t29");
        EXPECT_EQ(indexed.decide({{"thng.tags", tags}, {"month", 6}, {"country", "DE"}}), 29U);
        tags.emplace_back("t5");
        EXPECT_EQ(indexed.decide({{"thng.tags", tags}, {"month", 6}, {"country", "DE"}}), 5U);
    }
    ValueList all;
    for (int i = 29; i >= 0; --i)
        all.emplace_back("t" + std::to_string(i));
    for (int i = 0; i < 100; ++i)
        all.emplace_back("t7");
    EXPECT_EQ(indexed.decide({{"thng.tags", all}, {"month", 12}, {"country", "DE"}}), 11U);
}

TEST(Index, ManyCutPointsAreCoarsenedNotLost) {
    std::vector<RuleSource> rules;
    for (int i = 0; i < 1500; ++i) {
        const std::string from = std::to_string(i * 10);
        const std::string to = std::to_string(i * 10 + 10);
        rules.push_back(rule("timeOfDay>=" + from + "&timeOfDay<" + to));
    }
    Indexed indexed(rules);
    for (const double time : {0.0, 9.0, 9.5, 10.0, 5005.0, 14'999.0}) {
        EXPECT_EQ(indexed.decide({{"timeOfDay", time}}), static_cast<std::uint32_t>(time / 10));
    }
    EXPECT_EQ(indexed.decide({{"timeOfDay", 15'000}}), kNoRule);
    EXPECT_EQ(indexed.decide({{"timeOfDay", -1}}), kNoRule);
    EXPECT_EQ(indexed.decide({}), kNoRule);
}

TEST(Index, PrefixesLeadToTheirRules) {
    std::vector<RuleSource> rules;
    for (int i = 0; i < 500; ++i) {
        const std::string number = std::to_string(i);
        rules.push_back(rule("thng.name=model-" + number + "*&month=1"));
        rules.push_back(rule("thng.tags=tag" + number + "*,other" + number + "&month=2"));
        rules.push_back(rule("language=L" + number + "*&month=3"));
    }
    // More lengths than are served; these rules are found in another way.
    for (std::size_t length = 1; length < 40; ++length) {
        rules.push_back(rule("thng.id=" + std::string(length, 'x') + "*&month=4"));
    }
    Indexed indexed(rules);
    EXPECT_EQ(indexed.decide({{"thng.name", "model-499z"}, {"month", 1}}), 4U * 3);
    EXPECT_EQ(indexed.decide({{"thng.name", "model-"}, {"month", 1}}), kNoRule);
    EXPECT_EQ(indexed.decide({{"thng.name", "model-7"}, {"month", 1}}), 7U * 3);
    EXPECT_EQ(indexed.decide({{"thng.tags", ValueList{"x", "tag88"}}, {"month", 2}}), 8U * 3 + 1);
    EXPECT_EQ(indexed.decide({{"thng.tags", ValueList{"other88"}}, {"month", 2}}), 88U * 3 + 1);
    EXPECT_EQ(indexed.decide({{"language", "l499"}, {"month", 3}}), 4U * 3 + 2);
    EXPECT_EQ(indexed.decide({{"thng.id", "xxxxx"}, {"month", 4}}), 1500U);
    EXPECT_EQ(indexed.decide({{"thng.id", "yx"}, {"month", 4}}), kNoRule);
}

TEST(Index, ContradictionsAndOpenRangesAreHandled) {
    std::vector<RuleSource> rules;
    for (int i = 0; i < 600; ++i) {
        rules.push_back(rule("month>6&month<3&country=A" + std::to_string(i)));
        rules.push_back(rule("month=1,2&month=2,3&country=A" + std::to_string(i)));
        rules.push_back(rule("year>2000"));
    }
    Indexed indexed(rules);
    EXPECT_EQ(indexed.decide({{"month", 2}, {"country", "A3"}}), 10U);
    EXPECT_EQ(indexed.decide({{"month", 1}, {"country", "A3"}}), kNoRule);
    EXPECT_EQ(indexed.decide({{"month", 2}, {"country", "A3"}, {"year", 2001}}), 2U);
}

TEST(Index, MoreSlotsAndValuesThanItHasRoomFor) {
    std::vector<RuleSource> rules;
    for (int i = 0; i < 4000; ++i) {
        rules.push_back(rule("thng.customFields.k" + std::to_string(i % 40) + "=v" +
                             std::to_string(i % 1000 / 40) + "&country=DE"));
    }
    Indexed indexed(rules);
    for (const int i : {0, 17, 39, 999}) {
        EXPECT_EQ(indexed.decide({{"thng.customFields.k" + std::to_string(i % 40),
                                   "v" + std::to_string(i / 40)},
                                  {"country", "DE"}}),
                  static_cast<std::uint32_t>(i));
    }
}

TEST(Index, WideDisjunctionsStayExact) {
    std::vector<RuleSource> rules;
    for (int i = 0; i < 20; ++i) {
        std::string match = "thng.id=U" + std::to_string(i);
        for (int j = 0; j < 12; ++j)
            match += "|month=3&thng.id=V" + std::to_string(i * 20 + j);
        rules.push_back(rule(match));
        for (int j = 0; j < 9; ++j)
            rules.push_back(rule("thng.id=W" + std::to_string(i * 9 + j)));
    }
    Indexed indexed(rules);
    EXPECT_EQ(indexed.decide({{"thng.id", "U5"}}), 50U);
    EXPECT_EQ(indexed.decide({{"thng.id", "V105"}, {"month", 3}}), 50U);
    EXPECT_EQ(indexed.decide({{"thng.id", "W45"}}), 51U);
}

TEST(Bitmap, KernelsAgreeOnRandomRows) {
    constexpr std::size_t kBlocks = 7;
    std::mt19937_64 random(1);
    for (int round = 0; round < 300; ++round) {
        std::vector<Block> rows(kBlocks * 12);
        for (Block& block : rows) {
            for (auto& word : block.words)
                word = random() | random();
            if (random() % 3 == 0) block.words.fill(0);
        }
        RowSelection selection;
        const std::size_t singles = 1 + random() % 5;
        for (std::size_t row = 0; row < singles; ++row) {
            EXPECT_TRUE(selection.add(&rows[row * kBlocks]));
        }
        for (std::size_t row = 6; row + 3 <= 6 + 3 * (random() % 3); row += 3) {
            const Block* group[] = {&rows[row * kBlocks], &rows[(row + 1) * kBlocks],
                                    &rows[(row + 2) * kBlocks]};
            EXPECT_TRUE(selection.add_alternatives(group));
        }
        const auto kernels = survivor_kernels();
        for (std::size_t begin = 0; begin < kBlocks; ++begin) {
            Block expected;
            const std::size_t at = kernels[0].find(selection, begin, kBlocks, expected);
            for (const NamedKernel& kernel : kernels) {
                Block survivors;
                EXPECT_EQ(kernel.find(selection, begin, kBlocks, survivors), at) << kernel.name;
                EXPECT_TRUE(at == kBlocks || survivors.words == expected.words) << kernel.name;
            }
        }
    }
}

TEST(Bitmap, SelectionRefusesWhatDoesNotFit) {
    RowSelection selection;
    const Block block;
    for (std::size_t i = 0; i < RowSelection::kMaxRows; ++i)
        EXPECT_TRUE(selection.add(&block));
    EXPECT_FALSE(selection.add(&block));
    const std::vector<const Block*> group(RowSelection::kMaxRows, &block);
    EXPECT_TRUE(selection.add_alternatives(group));
    EXPECT_FALSE(selection.add_alternatives(group));
    EXPECT_EQ(selection.ends().size(), 1U);
}

}  // namespace
}  // namespace rules
