// The engine against the interpreter on random rules and contexts: index, linear walk and naive
// walk must agree on every decision. REDIRECTOR_RANDOM_PAIRS sets the number of (rules, context)
// pairs.
#include "rules/compile.hpp"
#include "rules/interpret.hpp"
#include "rules/parse.hpp"
#include "tests/rules/random_rules.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace rules {
namespace {

using testing::RandomRules;
using testing::Shape;

// The rules as the language defines them: checked filters, walked in order.
class NaiveWalk {
  public:
    NaiveWalk(const std::vector<RuleSource>& rules, Level level) {
        for (const RuleSource& rule : rules) {
            Constants constants;
            for (const auto& [key, value] : rule.constants)
                constants[key] = value;
            std::vector<Problem> problems;
            filters_.push_back(check(*parse(rule.match), {constants, level, 0}, problems));
            const bool unknown_url = rule.redirect_url.find("{unknown}") != std::string::npos;
            outcomes_.push_back(!rule.delegates.empty() ? Outcome::delegate
                                : unknown_url           ? Outcome::none
                                                        : Outcome::redirect);
        }
    }

    Decision decide(const Facts& facts) const {
        for (std::uint32_t rule = 0; rule < filters_.size(); ++rule) {
            if (filters_[rule].poison) return {Outcome::none, rule, 0};
            if (matches(filters_[rule], facts)) return {outcomes_[rule], rule, 0};
        }
        return {};
    }

  private:
    std::vector<CheckedFilter> filters_;
    std::vector<Outcome> outcomes_;
};

// All costly slots stay pending.
void set_cheap(Context& context, const Ruleset& ruleset, const Facts& facts) {
    context.begin(ruleset.fields());
    for (std::size_t slot = 0; slot < ruleset.fields().size(); ++slot) {
        const FieldUse& use = ruleset.fields()[slot];
        if (use.field->tier == Tier::costly) continue;
        context.set(static_cast<Slot>(slot), value_of(facts, use.name));
    }
}

std::string shown(const Decision& decision) {
    return std::to_string(static_cast<int>(decision.outcome)) + " at " +
           std::to_string(decision.rule);
}

struct Tally {
    long pairs = 0;
    long matched = 0;
    long indexed = 0;
};

void compare_engines(RandomRules& random, Shape shape, int rule_count, Tally& tally) {
    constexpr int kContexts = 50;
    const Level level = random.one_in(2) ? Level::account : Level::application;
    std::vector<RuleSource> rules = random.rules(shape, rule_count);
    if (level == Level::application) {
        for (RuleSource& rule : rules)
            rule.delegates.clear();
    }
    const auto compiled = compile(rules, {level, {}});
    if (compiled.has_error()) {
        ADD_FAILURE() << to_string(compiled.error().problems.front());
        return;
    }
    const Ruleset& ruleset = *compiled->ruleset;
    const NaiveWalk naive(rules, level);
    Context context;
    for (int i = 0; i < kContexts; ++i) {
        const Facts facts = random.facts();
        const Decision expected = naive.decide(facts);
        set_cheap(context, ruleset, facts);
        const Decision early = ruleset.decide(context);
        context.set_all(facts);
        const Decision linear = ruleset.decide_linear(context);
        const Decision decided = ruleset.decide(context);
        EXPECT_EQ(shown(linear), shown(expected)) << ruleset.to_string();
        EXPECT_EQ(shown(decided), shown(expected)) << ruleset.to_string();
        if (early.outcome == Outcome::needs) {
            EXPECT_LE(early.rule, expected.rule);
            EXPECT_EQ(ruleset.fields()[early.needed].field->tier, Tier::costly);
        } else {
            EXPECT_EQ(shown(early), shown(expected));
        }
        ++tally.pairs;
        tally.matched += expected.outcome != Outcome::none ? 1 : 0;
        tally.indexed += ruleset.is_indexed() ? 1 : 0;
        if (::testing::Test::HasFailure()) break;
    }
}

long pairs_wanted() {
    const char* const wanted = std::getenv("REDIRECTOR_RANDOM_PAIRS");
    return wanted != nullptr ? std::atol(wanted) : 8'000;
}

// Cases that all match, or never do, or never meet the index, would prove little.
void compare(Shape shape, int most_rules, bool mostly_indexed, std::uint64_t seed) {
    RandomRules random(seed);
    Tally tally;
    while (tally.pairs < pairs_wanted() / 4 && !::testing::Test::HasFailure()) {
        compare_engines(random, shape, 1 + random.below(most_rules), tally);
    }
    EXPECT_GT(tally.matched * 20, tally.pairs);
    EXPECT_LT(tally.matched * 20, tally.pairs * 19);
    EXPECT_EQ(tally.indexed * 2 > tally.pairs, mostly_indexed);
}

TEST(Random, MixedRulesAgree) {
    compare(Shape::mixed, 10, false, 1);
}
TEST(Random, NarrowRulesAgree) {
    compare(Shape::narrow, 400, true, 2);
}
TEST(Random, CatalogueRulesAgree) {
    compare(Shape::catalogue, 700, true, 3);
}
TEST(Random, DenseRulesAgree) {
    compare(Shape::dense, 700, true, 4);
}

}  // namespace
}  // namespace rules
