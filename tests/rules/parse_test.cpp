// The grammar of filters: what is accepted, what is refused, and where the refusal points.
#include "rules/parse.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace rules {
namespace {

struct Refusal {
    std::string_view match;
    std::size_t offset;
    ProblemKind kind = ProblemKind::syntax;
};

TEST(Parse, RefusalsPointAtTheOffendingByte) {
    using namespace std::string_view_literals;
    const Refusal refusals[] = {
        {"country", 7},
        {"country=", 8},
        {"=DE", 0},
        {"country=DE&", 10},
        {"country=DE|", 10},
        {"&country=DE", 0},
        {"country=DE&&month=1", 11},
        {"country=DE||month=1", 11},
        {"country==DE", 8},
        {"country=>DE", 8},
        {"country!DE", 7},
        {"country~DE", 7},
        {"country(DE", 7},
        {"a,b=1", 1},
        {"(country=DE", 0},
        {"country=DE)", 10},
        {"()", 1},
        {"(country=DE)month=1", 12},
        {"(country=DE|)", 12},
        {"country=DE,", 11},
        {"country=,DE", 8},
        {"country=D(E", 9},
        {"country=D~E", 9},
        {"country=DE month=1", 16},
        {"country=D*E", 9},
        {"country=**", 8},
        {"country!=D*", 10},
        {"country!=*", 9},
        {"year>*", 5},
        {"year>1,2", 6},
        {"country=D\\", 9},
        {"country=D\nE", 9},
        {"country=D\x7F", 9},
        {"country=D\xC2\x85", 9},
        {"country=D\0E"sv, 9},
        {"country=D\xFF", 9},
        {"country=D\xC3", 9},
        {"country=\xED\xA0\x80", 8},
        {"country=\xF4\x90\x80\x80", 8},
        {"country=\xC0\xAF", 8},
        {"coun\x01try=DE", 4},
    };
    for (const Refusal& refusal : refusals) {
        const auto parsed = parse(refusal.match);
        ASSERT_TRUE(parsed.has_error()) << refusal.match;
        EXPECT_EQ(parsed.error().kind, refusal.kind) << refusal.match;
        EXPECT_EQ(parsed.error().offset, refusal.offset)
            << refusal.match << ": " << parsed.error().message;
        EXPECT_FALSE(parsed.error().message.empty());
    }
}

std::string first_value(std::string_view match) {
    const auto parsed = parse(match);
    EXPECT_TRUE(parsed.has_value()) << match;
    return parsed.has_value() ? parsed->predicates.at(0).operands.at(0).text : "refused";
}

TEST(Parse, EdgeBlanksAreDroppedInnerOnesKept) {
    EXPECT_EQ(first_value(" thng.name =  a  b \t"), "a  b");
    EXPECT_EQ(first_value("thng.name= \\ a\\  "), " a ");
    EXPECT_EQ(parse(" a b =1")->predicates[0].field, "a b");
}

TEST(Parse, EscapesTakeMeaningAway) {
    EXPECT_EQ(first_value(R"(a=\&\|\!\>\<\=\~\(\)\,\\\*)"), R"(&|!><=~(),\*)");
    EXPECT_EQ(first_value(R"(a=C:\dir\n)"), R"(C:\dir\n)");
    EXPECT_EQ(first_value(R"(a="b")"), R"("b")");
    EXPECT_EQ(parse(R"(a\=b=1)")->predicates[0].field, "a=b");
    EXPECT_EQ(parse(R"(a*b=1)")->predicates[0].field, "a*b");
    EXPECT_FALSE(parse(R"(a=b\*)")->predicates[0].operands[0].wildcard);
}

TEST(Parse, WildcardsEndValues) {
    const auto parsed = parse("a=b* , *,c * &d=e");
    ASSERT_TRUE(parsed.has_value());
    const auto& operands = parsed->predicates[0].operands;
    ASSERT_EQ(operands.size(), 3U);
    EXPECT_TRUE(operands[0].wildcard && operands[1].wildcard && operands[2].wildcard);
    EXPECT_EQ(operands[0].text, "b");
    EXPECT_EQ(operands[1].text, "");
    EXPECT_EQ(operands[2].text, "c ");
    EXPECT_FALSE(parsed->predicates[1].operands[0].wildcard);
}

TEST(Parse, OperatorsAreReadWhole) {
    EXPECT_EQ(parse("a>=1")->predicates[0].op, Op::ge);
    EXPECT_EQ(parse("a>1")->predicates[0].op, Op::gt);
    EXPECT_EQ(parse("a<=1")->predicates[0].op, Op::le);
    EXPECT_EQ(parse("a<1")->predicates[0].op, Op::lt);
    EXPECT_EQ(parse("a!=1")->predicates[0].op, Op::ne);
    EXPECT_EQ(parse("a = 1")->predicates[0].op_offset, 2U);
}

TEST(Parse, TreeFollowsPrecedence) {
    const auto parsed = parse("a=1|b=2&(c=3|d=4)");
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(parsed->root->kind, Node::Kind::any);
    ASSERT_EQ(parsed->root->children.size(), 2U);
    const Node& both = parsed->root->children[1];
    ASSERT_EQ(both.kind, Node::Kind::all);
    EXPECT_EQ(both.children[0].predicate, 1U);
    EXPECT_EQ(both.children[1].kind, Node::Kind::any);
}

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

void expect_limit(const std::string& match, std::size_t offset) {
    const auto parsed = parse(match);
    ASSERT_TRUE(parsed.has_error());
    EXPECT_EQ(parsed.error().kind, ProblemKind::limit);
    EXPECT_EQ(parsed.error().offset, offset);
}

TEST(Parse, LimitsHoldExactly) {
    const std::string longest = "a=" + std::string(kMaxMatchBytes - 2, 'x');
    EXPECT_TRUE(parse(longest).has_value());
    expect_limit(longest + "x", 4096);

    const std::string predicates = "a=1" + repeated("&a=1", 127);
    EXPECT_TRUE(parse(predicates).has_value());
    expect_limit(predicates + "&a=1", 512);

    const std::string values = "a=1" + repeated(",1", 255);
    EXPECT_TRUE(parse(values).has_value());
    expect_limit(values + ",1", 513);

    const std::string nested = repeated("(", 16) + "a=1" + repeated(")", 16);
    EXPECT_TRUE(parse(nested).has_value());
    expect_limit("(" + nested + ")", 16);
}

TEST(Parse, HintsSayWhatToWrite) {
    EXPECT_EQ(parse("a=b=c").error().hint, "write \\= for the character itself");
    EXPECT_EQ(parse("a=1&&b=2").error().hint, "write one &");
    EXPECT_NE(parse("a~b").error().hint.find("trailing *"), std::string::npos);
    EXPECT_NE(parse("a").error().hint.find("=*"), std::string::npos);
}

}  // namespace
}  // namespace rules
