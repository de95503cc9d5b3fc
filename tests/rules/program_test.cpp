// Golden text of compiled rules: what the compiler makes of a filter, instruction by instruction.
#include "rules/program.hpp"

#include "rules/compile.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rules {
namespace {

std::string code(const std::vector<std::string>& matches, Level level = Level::application) {
    std::vector<RuleSource> rules;
    for (const std::string& match : matches) {
        RuleSource& rule = rules.emplace_back();
        rule.match = match;
        rule.redirect_url = "https://e.com/";
        rule.constants = {{"k", "5"}};
    }
    const auto compiled = compile(rules, {level, {}});
    return compiled.has_value() ? compiled->ruleset->to_string()
                                : to_string(compiled.error().problems[0]);
}

TEST(Program, ConjunctionFallsThrough) {
    EXPECT_EQ(code({"thng.tags=red&country=de&thng.id=U1"}),
              "rule 0\n"
              "0  text_is thng.id \"U1\" ? 1 : miss\n"
              "1  folded_is country \"de\" ? 2 : miss\n"
              "2  has_text thng.tags \"red\" ? match : miss\n");
}

TEST(Program, ShortListsAreChains) {
    EXPECT_EQ(code({"country=DE,FR&month>=6"}),
              "rule 0\n"
              "0  folded_is country \"de\" ? 2 : 1\n"
              "1  folded_is country \"fr\" ? 2 : miss\n"
              "2  number_ge month 6 ? match : miss\n");
}

TEST(Program, UnequalSwapsTargets) {
    EXPECT_EQ(code({"country!=DE,FR"}),
              "rule 0\n"
              "0  folded_is country \"de\" ? miss : 1\n"
              "1  folded_is country \"fr\" ? miss : match\n");
}

TEST(Program, LongListsAreOneSearch) {
    const std::string text = code({"country=a,b,c,d,e,f,g,h"});
    EXPECT_EQ(text.substr(0, 33), "rule 0\n0  in_folded_list country ");
    EXPECT_EQ(text.substr(text.size() - 16), " ? match : miss\n");
}

TEST(Program, DisjunctionsNest) {
    EXPECT_EQ(code({"(country=DE|month=1)&(year=2025|timezone=x)"}),
              "rule 0\n"
              "0  folded_is country \"de\" ? 2 : 1\n"
              "1  number_eq month 1 ? 2 : miss\n"
              "2  text_is timezone \"x\" ? match : 3\n"
              "3  number_eq year 2025 ? match : miss\n");
}

TEST(Program, DynamicLiteralsAskByTypeOfValue) {
    EXPECT_EQ(code({"query.a=true|query.b=42|query.c>1|query.d=x*|query.e=*"}),
              "rule 0\n"
              "0  amount_gt query.c 1 ? match : 1\n"
              "1  has_text query.a \"true\" ? match : 2\n"
              "2  has_boolean query.a true ? match : 3\n"
              "3  has_text query.b \"42\" ? match : 4\n"
              "4  has_number query.b 42 ? match : 5\n"
              "5  text_prefix query.d \"x\" ? match : 6\n"
              "6  present query.e ? match : miss\n");
}

TEST(Program, CostlyTestsComeLastBehindAGuard) {
    EXPECT_EQ(code({"place.distance<100&country!=DE"}),
              "rule 0\n"
              "0  folded_is country \"de\" ? miss : 1\n"
              "1  known place.distance ? 2 : miss\n"
              "2  number_lt place.distance 100 ? match : miss\n");
}

TEST(Program, ConstantsFoldAway) {
    EXPECT_EQ(code({"constants.k=6&country=DE", "constants.k>4&country=DE", "constants.k=5|month=1",
                    "country=FR"}),
              "rule 0 never\n"
              "rule 1\n"
              "0  folded_is country \"de\" ? match : miss\n"
              "rule 2 always\n");
}

TEST(Program, UserFieldsFoldAwayForAccounts) {
    EXPECT_EQ(code({"user.age>5", "user.age!=5&month=1"}, Level::account),
              "rule 0 never\n"
              "rule 1\n"
              "0  number_eq month 1 ? match : miss\n");
}

TEST(Program, PoisonStopsTheWalk) {
    EXPECT_EQ(code({"country=DE", "foo=1", "country=FR"}),
              "rule 0\n"
              "0  folded_is country \"de\" ? match : miss\n"
              "rule 1 stops\n");
}

}  // namespace
}  // namespace rules
