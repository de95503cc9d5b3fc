// Whole documents: levels, limits, poison, constants, order of problems.
#include "rules/compile.hpp"

#include "rules/dry_run.hpp"

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

using Rules = std::vector<RuleSource>;
constexpr CompileOptions kAccount{Level::account, {}};
constexpr CompileOptions kApplication{Level::application, {}};

std::string resolved(const Rules& rules,
                     const Facts& facts,
                     const CompileOptions& options = kAccount) {
    const Resolution found = resolve(rules, options, facts);
    std::string text(to_string(found.outcome));
    if (found.rule) text += ' ' + std::to_string(*found.rule);
    if (!found.url.empty()) text += ' ' + found.url;
    return text;
}

std::vector<Problem> refusals(const Rules& rules, const CompileOptions& options = kAccount) {
    const auto compiled = compile(rules, options);
    return compiled.has_error() ? compiled.error().problems : std::vector<Problem>{};
}

TEST(Compile, FirstMatchWins) {
    const Rules rules = {rule("country=DE", "https://e.com/de"),
                         rule("country=DE,AT", "https://e.com/dach"), rule("", "https://e.com/")};
    EXPECT_EQ(resolved(rules, {{"country", "DE"}}), "redirect 0 https://e.com/de");
    EXPECT_EQ(resolved(rules, {{"country", "AT"}}), "redirect 1 https://e.com/dach");
    EXPECT_EQ(resolved(rules, {}), "redirect 2 https://e.com/");
    EXPECT_EQ(resolved({rules[0], rules[1]}, {}), "none");
    EXPECT_EQ(resolved({}, {}), "none");
}

TEST(Compile, UnknownNamePoisonsTheRule) {
    const Rules rules = {rule("country=DE", "https://e.com/de"), rule("name=ExampleThng&month=1"),
                         rule("", "https://e.com/")};
    EXPECT_EQ(resolved(rules, {{"country", "DE"}}), "redirect 0 https://e.com/de");
    EXPECT_EQ(resolved(rules, {{"month", 2}}), "none 1") << "whatever its other clauses say";
    const auto compiled = compile(rules, kAccount);
    ASSERT_TRUE(compiled.has_value());
    ASSERT_EQ(compiled->warnings.size(), 2U);
    EXPECT_EQ(to_string(compiled->warnings[0]),
              "rule 1, match, at 0: unknown field \"name\" (did you mean thng.name or "
              "product.name?)");
    EXPECT_EQ(compiled->warnings[1].kind, ProblemKind::unreachable);
    EXPECT_EQ(compiled->warnings[1].rule, 2U);
}

TEST(Compile, UnknownTemplateNameStopsOnlyWhenItsRuleMatched) {
    const Rules rules = {rule("country=DE", "https://e.com/{thng.nam}"),
                         rule("", "https://e.com/all")};
    EXPECT_EQ(resolved(rules, {{"country", "DE"}}), "none 0");
    EXPECT_EQ(resolved(rules, {{"country", "FR"}}), "redirect 1 https://e.com/all");
    EXPECT_EQ(compile(rules, kAccount)->warnings[0].member, Member::redirect_url);
    EXPECT_EQ(compile(rules, kAccount)->warnings[0].offset, 14U);
}

TEST(Compile, DotSegmentAndLengthEndWithoutResult) {
    const Rules rules = {rule("", "https://e.com/{thng.name}")};
    EXPECT_EQ(resolved(rules, {{"thng.name", ".."}}), "none 0");
    EXPECT_EQ(resolved(rules, {{"thng.name", std::string(9000, 'x')}}), "none 0");
    EXPECT_EQ(resolve(rules, kAccount, {{"thng.name", ".."}}).problems[0].kind,
              ProblemKind::dot_segment);
}

TEST(Compile, DelegatesComeBeforeTheRulesOwnUrl) {
    RuleSource both = rule("country=DE", "https://e.com/own");
    both.delegates = {{"P1", "A1"}, {"P2", "A2"}};
    RuleSource alone = rule("", "");
    alone.delegates = {{"P3", "A3"}};
    const Rules rules = {both, alone};
    EXPECT_EQ(resolved(rules, {{"country", "DE"}}), "delegate 0 https://e.com/own");
    EXPECT_EQ(resolved(rules, {}), "delegate 1");
    const auto compiled = compile(rules, kAccount);
    const auto delegates = compiled->ruleset->delegates(0);
    ASSERT_EQ(delegates.size(), 2U);
    EXPECT_EQ(delegates[0].project, "P1");
    EXPECT_EQ(delegates[1].app, "A2");
    EXPECT_FALSE(compiled->ruleset->has_url(1));
}

TEST(Compile, ApplicationsHaveNoDelegates) {
    RuleSource source = rule("");
    source.delegates = {{"P", "A"}};
    EXPECT_TRUE(refusals({source}).empty());
    ASSERT_EQ(refusals({source}, kApplication).size(), 1U);
    EXPECT_EQ(refusals({source}, kApplication)[0].kind, ProblemKind::misplaced);
}

TEST(Compile, UserFieldsAreEmptyForAccounts) {
    const Rules rules = {rule("user.gender=male", "https://e.com/m"),
                         rule("user.age!=5", "https://e.com/a{user.age}z")};
    const Facts facts = {{"user.gender", "male"}, {"user.age", 5}};
    EXPECT_EQ(resolved(rules, facts, kApplication), "redirect 0 https://e.com/m");
    EXPECT_EQ(resolved(rules, facts, kAccount), "redirect 1 https://e.com/az");
    const auto compiled = compile(rules, kAccount);
    EXPECT_TRUE(compiled->ruleset->fields().empty()) << "what is always empty is never asked for";
    EXPECT_EQ(compiled->warnings[0].kind, ProblemKind::always_empty);
}

TEST(Compile, ConstantsBelongToTheirRule) {
    RuleSource source = rule("constants.a=1&country=DE", "https://e.com/{b}?x={constants.c}");
    source.constants = {{"a", "1"}, {"b", "x/y"}, {"c", "x/y"}, {"a", "1"}};
    EXPECT_EQ(resolved({source}, {{"country", "DE"}, {"constants.a", "2"}}),
              "redirect 0 https://e.com/x/y?x=x%2Fy");
    EXPECT_EQ(resolved({rule("country=FR"), rule("constants.a=1")}, {{"constants.a", "1"}}),
              "none 1");
    const auto compiled = compile(Rules{source}, kAccount);
    ASSERT_EQ(compiled->ruleset->fields().size(), 1U) << "constants are known beforehand";
    const auto constants = compiled->ruleset->constants(0);
    ASSERT_EQ(constants.size(), 3U);
    EXPECT_EQ(constants[1], std::make_pair(std::string_view("b"), std::string_view("x/y")));
}

TEST(Compile, RuleNeedsUrlOrDelegates) {
    ASSERT_EQ(refusals({rule("country=DE", "")}).size(), 1U);
    EXPECT_EQ(refusals({rule("country=DE", "")})[0].kind, ProblemKind::incomplete);
}

TEST(Compile, ProblemsComeSyntaxThenTypesThenNames) {
    const Rules rules = {rule("name=1"), rule("month=13&dayOfMonth=0"), rule("country="),
                         rule("", "ftp://e.com/")};
    const auto problems = refusals(rules);
    ASSERT_EQ(problems.size(), 5U);
    EXPECT_EQ(problems[0].kind, ProblemKind::syntax);
    EXPECT_EQ(problems[0].rule, 2U);
    EXPECT_EQ(problems[1].kind, ProblemKind::scheme);
    EXPECT_EQ(problems[2].kind, ProblemKind::type);
    EXPECT_EQ(problems[2].offset, 6U);
    EXPECT_EQ(problems[3].offset, 20U);
    EXPECT_EQ(problems[4].kind, ProblemKind::unknown_field);
    EXPECT_EQ(problems[4].severity, Severity::warning);
    EXPECT_EQ(resolved(rules, {}), "rejected 2");
}

TEST(Compile, TypeErrorsExplainTheRemedy) {
    const auto problems = refusals({rule("timeOfDay>=09:30&dayOfWeek=sunday&country>5")});
    ASSERT_EQ(problems.size(), 3U);
    EXPECT_EQ(problems[0].hint, "09:30 is 34200000");
    EXPECT_EQ(problems[1].hint, "one of mon, tue, wed, thu, fri, sat, sun");
    EXPECT_EQ(problems[2].offset, 41U) << "the operator";
    EXPECT_EQ(problems[2].hint, "use = or !=");
}

void expect_limit(const Rules& rules, Member member, std::size_t at) {
    const auto problems = refusals(rules);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].kind, ProblemKind::limit);
    EXPECT_EQ(problems[0].member, member);
    EXPECT_EQ(problems[0].rule, at);
}

TEST(Compile, LimitsHoldExactly) {
    Rules many(kMaxRules, rule("country=DE"));
    EXPECT_TRUE(refusals(many).empty());
    many.push_back(rule(""));
    expect_limit(many, Member::document, kMaxRules);

    RuleSource large = rule("");
    large.name = std::string(kMaxRulesetBytes - large.redirect_url.size(), 'n');
    EXPECT_TRUE(refusals({large}).empty());
    expect_limit({large, rule("country=DE")}, Member::document, 1);

    RuleSource constants = rule("");
    for (int i = 0; i < 64; ++i) {
        constants.constants.emplace_back("k" + std::to_string(i), std::string(1024, 'v'));
    }
    EXPECT_TRUE(refusals({constants}).empty());
    constants.constants[0].second += 'v';
    expect_limit({constants}, Member::constants, 0);
    constants.constants[0].second.pop_back();
    constants.constants.emplace_back("k64", "v");
    expect_limit({rule("country=DE"), constants}, Member::constants, 1);

    RuleSource delegates = rule("");
    delegates.delegates.assign(32, {"P", "A"});
    EXPECT_TRUE(refusals({delegates}).empty());
    delegates.delegates.push_back({"P", "A"});
    expect_limit({delegates}, Member::delegates, 0);
}

TEST(Compile, TooManyProblemsAreCutOff) {
    EXPECT_EQ(refusals(Rules(1000, rule("month=13"))).size(), kMaxProblems);
    const auto compiled = compile(Rules(1000, rule("country=DE", "https://e.com/{x}")), kAccount);
    EXPECT_EQ(compiled->warnings.size(), kMaxProblems);
}

TEST(Compile, RefusalKeepsNothing) {
    const auto compiled = compile(Rules{rule("country=DE"), rule("country=(")}, kAccount);
    ASSERT_TRUE(compiled.has_error());
    EXPECT_EQ(to_string(compiled.error().problems[0]),
              "rule 1, match, at 8: '(' cannot be part of a value as it is (write \\( for the "
              "character itself)");
}

}  // namespace
}  // namespace rules
