#include "rules/explain.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rules {
namespace {

RuleSource rule(std::string name, std::string match, std::string url) {
    RuleSource source;
    source.name = std::move(name);
    source.match = std::move(match);
    source.redirect_url = std::move(url);
    return source;
}

const std::vector<RuleSource> kRules = {
    rule("Germany", "country=DE & thng.tags=Offer,Sale", "https://e.com/de"),
    rule("Tokyo weekend", "timezone=Asia/Tokyo&(dayOfWeek=sat|dayOfWeek=sun)", "https://e.com/jp"),
    rule("rest", "", "https://e.com/"),
};

std::string explained(const std::vector<RuleSource>& rules, const Facts& facts) {
    return to_string(explain(rules, {Level::account, {}}, facts));
}

TEST(Explain, TellsWhichRuleMatchedAndWhyEarlierOnesDidNot) {
    EXPECT_EQ(
        explained(kRules, {{"country", "FR"}, {"timezone", "Asia/Tokyo"}, {"dayOfWeek", "Sun"}}),
        "redirect, rule 1, https://e.com/jp\n"
        "rule 0 \"Germany\": missed\n"
        "  no   country=DE  (country is \"fr\")\n"
        "  no   thng.tags=Offer,Sale  (thng.tags has no value)\n"
        "rule 1 \"Tokyo weekend\": matched\n"
        "  yes  timezone=Asia/Tokyo  (timezone is \"Asia/Tokyo\")\n"
        "  no   dayOfWeek=sat  (dayOfWeek is \"sun\")\n"
        "  yes  dayOfWeek=sun  (dayOfWeek is \"sun\")\n"
        "rule 2 \"rest\": not reached\n");
}

TEST(Explain, ShowsBytesAsTextAndCutsBetweenCharacters) {
    const std::vector<RuleSource> rules = {rule("", "query.a=1&query.b=1", "https://e.com/")};
    const std::string shown =
        explained(rules, {{"query.a", "\xff"}, {"query.b", std::string(79, 'x') + "\u00e9\u00e9"}});
    EXPECT_NE(shown.find("query.a is \"\ufffd\""), std::string::npos) << shown;
    EXPECT_NE(shown.find(std::string(79, 'x') + "...\""), std::string::npos) << shown;
}

TEST(Explain, DescribesValuesOfEveryKind) {
    const std::vector<RuleSource> rules = {
        rule("", "query.a=1&query.b=1&query.c=1&query.d=1&user.age>1&country=1&month=1",
             "https://e.com/")};
    EXPECT_EQ(explained(rules, {{"query.a", ValueList{Value("x"), Value(2), Value()}},
                                {"query.b", true},
                                {"query.c", 2.5},
                                {"query.d", Object{}},
                                {"user.age", 4},
                                {"country", 7}}),
              "none\n"
              "  rule 0, match, at 40: user.age has no value in an account's rules (use it in an "
              "application's Redirector)\n"
              "rule 0: missed\n"
              "  no   query.a=1  (query.a is [\"x\", 2, null])\n"
              "  no   query.b=1  (query.b is true)\n"
              "  no   query.c=1  (query.c is 2.5)\n"
              "  no   query.d=1  (query.d is an object)\n"
              "  no   user.age>1  (user.age has no value in an account's rules)\n"
              "  no   country=1  (country is 7, which does not fit its type)\n"
              "  no   month=1  (month has no value)\n");
}

TEST(Explain, NamesTheRuleThatStoppedTheWalk) {
    const std::vector<RuleSource> rules = {rule("", "contry=DE", "https://e.com/"), kRules[2]};
    const Explanation poison = explain(rules, {Level::account, {}}, {});
    EXPECT_EQ(poison.rules[0].verdict, RuleReason::Verdict::stopped);
    EXPECT_EQ(poison.rules[0].predicates[0].observation, "contry is unknown");
    EXPECT_EQ(poison.rules[1].verdict, RuleReason::Verdict::not_reached);

    const std::vector<RuleSource> dots = {rule("", "", "https://e.com/{thng.name}")};
    const Explanation stopped = explain(dots, {Level::account, {}}, {{"thng.name", ".."}});
    EXPECT_EQ(stopped.rules[0].verdict, RuleReason::Verdict::stopped);
}

TEST(Explain, RejectedRulesAreNotWalked) {
    const Explanation rejected =
        explain(std::vector<RuleSource>{rule("", "country", "https://e.com/")}, {}, {});
    EXPECT_EQ(rejected.resolution.outcome, Resolution::Outcome::rejected);
    EXPECT_TRUE(rejected.rules.empty());
}

}  // namespace
}  // namespace rules
