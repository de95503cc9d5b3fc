// A published ruleset on the request path: what it asks for, when, and that it allocates nothing.
#include "rules/ruleset.hpp"

#include "rules/compile.hpp"
#include "tests/rules/count_allocations.hpp"
#include "tests/rules/random_rules.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rules {
namespace {

RuleSource rule(std::string match, std::string url = "https://e.com/") {
    RuleSource source;
    source.match = std::move(match);
    source.redirect_url = std::move(url);
    return source;
}

std::shared_ptr<const Ruleset> compiled(const std::vector<RuleSource>& rules) {
    auto result = compile(rules, {Level::application, {}});
    EXPECT_TRUE(result.has_value());
    return result->ruleset;
}

std::vector<RuleSource> random_rules(testing::RandomRules& random,
                                     testing::Shape shape,
                                     int count) {
    auto rules = random.rules(shape, count);
    for (RuleSource& each : rules)
        each.delegates.clear();
    return rules;
}

TEST(Ruleset, AsksOnlyForFieldsThatReachableRulesRead) {
    const auto ruleset = compiled({rule("country=DE", "https://e.com/{thng.name}"),
                                   rule("place.distance<10|country=FR"), rule("foo=1&month=1"),
                                   rule("thng.tags=x")});
    ASSERT_EQ(ruleset->fields().size(), 3U);
    EXPECT_EQ(ruleset->fields()[0].name, "country");
    EXPECT_TRUE(ruleset->fields()[0].in_match);
    EXPECT_EQ(ruleset->fields()[1].name, "thng.name");
    EXPECT_FALSE(ruleset->fields()[1].in_match);
    EXPECT_TRUE(ruleset->fields()[1].in_template);
    EXPECT_EQ(ruleset->fields()[2].name, "place.distance");
    EXPECT_TRUE(ruleset->matches_on(Tier::request));
    EXPECT_FALSE(ruleset->matches_on(Tier::stored)) << "the name is for one template alone";
    EXPECT_TRUE(ruleset->matches_on(Tier::costly));
    const std::vector<Slot> first(ruleset->slots(0).begin(), ruleset->slots(0).end());
    EXPECT_EQ(first, (std::vector<Slot>{0, 1}));
}

TEST(Ruleset, CostlyFieldsAreAskedForOnlyWhenTheDecisionHangsOnThem) {
    const auto ruleset = compiled({rule("country=DE&place.distance<100"), rule("country=FR"),
                                   rule("place.tags=shop|month=3")});
    Context context;
    const auto with_country = [&](std::string_view country) {
        context.begin(ruleset->fields());
        for (std::size_t slot = 0; slot < ruleset->fields().size(); ++slot) {
            if (ruleset->fields()[slot].name == "country") {
                context.set_text(static_cast<Slot>(slot), country);
            }
        }
        return ruleset->decide(context);
    };
    EXPECT_EQ(with_country("FR"), (Decision{Outcome::redirect, 1, 0}));
    const Decision hangs = with_country("DE");
    EXPECT_EQ(hangs.outcome, Outcome::needs);
    EXPECT_EQ(hangs.rule, 0U);
    EXPECT_EQ(ruleset->fields()[hangs.needed].name, "place.distance");
    context.set_real(hangs.needed, 99.5);
    EXPECT_EQ(ruleset->decide(context), (Decision{Outcome::redirect, 0, 0}));
    context.set_missing(hangs.needed);
    const Decision again = ruleset->decide(context);
    EXPECT_EQ(again.outcome, Outcome::needs);
    EXPECT_EQ(again.rule, 2U);
    const std::string_view tags[] = {"car", "shop"};
    context.set_texts(again.needed, tags);
    EXPECT_EQ(ruleset->decide(context), (Decision{Outcome::redirect, 2, 0}));
}

TEST(Ruleset, DelegatesAndNamesAreKept) {
    RuleSource source = rule("country=DE", "");
    source.name = "Germany";
    source.delegates = {{"P", "A"}};
    const auto result = compile({&source, 1}, {Level::account, {}});
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->ruleset->name(0), "Germany");
    EXPECT_EQ(result->ruleset->delegates(0)[0].app, "A");
    EXPECT_EQ(result->ruleset->size(), 1U);
}

TEST(Ruleset, FewRulesAreWalkedManyAreIndexed) {
    testing::RandomRules random(5);
    EXPECT_FALSE(compiled(random_rules(random, testing::Shape::catalogue, 3))->is_indexed());
    EXPECT_TRUE(compiled(random_rules(random, testing::Shape::catalogue, 1000))->is_indexed());
}

TEST(Ruleset, MemoryStaysNearTheTextOfTheRules) {
    testing::RandomRules random(6);
    for (const int count : {3, 1000, 10'000}) {
        const auto rules = random_rules(random, testing::Shape::catalogue, count);
        EXPECT_LT(compiled(rules)->memory_bytes(), static_cast<std::size_t>(count) * 500 + 1000);
    }
}

// One decision and its URL, as a server makes them: into a context and a buffer that it reuses.
void decide_and_render(const Ruleset& ruleset,
                       const Facts& facts,
                       Context& context,
                       std::string& url) {
    context.begin(ruleset.fields());
    context.set_all(facts);
    const Decision decision = ruleset.decide(context);
    url.clear();
    if (decision.outcome == Outcome::redirect) {
        static_cast<void>(ruleset.render(decision.rule, context, url));
    }
}

TEST(Ruleset, DecisionsAllocateNothing) {
    using testing::Shape;
    for (const Shape shape : {Shape::mixed, Shape::narrow, Shape::catalogue, Shape::dense}) {
        testing::RandomRules random(7);
        auto rules = random_rules(random, shape, shape == Shape::mixed ? 5 : 500);
        for (RuleSource& each : rules) {
            each.redirect_url = "https://e.com/{thng.id}?d={random}&t={thng.tags}&c={constants.c}";
        }
        const auto ruleset = compiled(rules);
        std::vector<Facts> contexts;
        for (int i = 0; i < 50; ++i)
            contexts.push_back(random.facts());
        Context context;
        std::string url;
        url.reserve(1000);
        for (const Facts& facts : contexts)
            decide_and_render(*ruleset, facts, context, url);
        const long before = testing::allocations();
        for (const Facts& facts : contexts)
            decide_and_render(*ruleset, facts, context, url);
        EXPECT_EQ(testing::allocations() - before, 0);
    }
    const long before = testing::allocations();
    const std::string witness(100, 'x');
    EXPECT_EQ(testing::allocations() - before, 1) << "the count counts";
}

}  // namespace
}  // namespace rules
