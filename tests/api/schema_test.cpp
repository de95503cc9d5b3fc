#include "redirector/api/body.hpp"
#include "redirector/api/tables.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::string_view kGood =
    R"({"defaultRedirectUrl":"https://a.example/{evrythngId}","evrythngId":"UVpfh4EFsBpasUmnVDWdktKs","type":"thng"})";

Problems problems_of(std::string_view body, Verb verb) {
    ParsedBody parsed = parse_object(body);
    if (!parsed.problems.empty()) return parsed.problems;
    return check(kRedirection, verb, parsed.object);
}

TEST(Schema, TakesAGoodDocument) {
    EXPECT_TRUE(problems_of(kGood, Verb::create).empty());
}

TEST(Schema, ReportsEveryMissingField) {
    const Problems problems = problems_of("{}", Verb::create);
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].message, "redirection.defaultRedirectUrl is required");
    EXPECT_EQ(problems[1].message, "redirection.evrythngId is required");
    EXPECT_TRUE(problems_of("{}", Verb::update).empty());
}

TEST(Schema, NamesTheFieldThatIsWrong) {
    const struct {
        const char *body, *field, *word;
    } cases[] = {
        {R"({"type":"car"})", "type", "one of thng, product, collection, place"},
        {R"({"type":7})", "type", "string"},
        {R"({"evrythngId":"short"})", "evrythngId", "24"},
        {R"({"shortId":"a b c"})", "shortId", "4 to 40"},
        {R"({"shortId":"abc"})", "shortId", "4 to 40"},
        {R"({"defaultRedirectUrl":null})", "defaultRedirectUrl", "string"},
        {R"({"colour":"red"})", "colour", "not a field"},
    };
    for (const auto& expected : cases) {
        const Problems problems = problems_of(expected.body, Verb::create);
        ASSERT_FALSE(problems.empty()) << expected.body;
        EXPECT_EQ(problems[0].field, expected.field) << expected.body;
        EXPECT_NE(problems[0].message.find(expected.word), std::string::npos)
            << problems[0].message;
    }
}

// The SDK sends back whole documents that it has read.
TEST(Schema, IgnoresReadOnlyFields) {
    ParsedBody parsed =
        parse_object(R"({"createdAt":1,"hits":"many","shortId":"ABCDEFGH","redirectUrl":"x"})");
    EXPECT_TRUE(check(kRedirection, Verb::update, parsed.object).empty());
    EXPECT_TRUE(parsed.object.empty());
}

TEST(Schema, RefusesWhatIsNoJsonObject) {
    for (const char* body :
         {"", "{", "[]", "1", "{} {}", "{\"a\":1,}", "nul", "{\"a\":\"\x01\"}"}) {
        const ParsedBody parsed = parse_object(body);
        ASSERT_EQ(parsed.problems.size(), 1U) << body;
        EXPECT_EQ(parsed.problems[0].code, Code::malformed_request);
    }
    std::string deep;
    for (int i = 0; i < 100; ++i)
        deep += "{\"a\":";
    EXPECT_EQ(parse_object(deep).problems.size(), 1U);
}

TEST(Target, TakesWebUrls) {
    for (const char* url :
         {"http://a", "https://a.example:8080/x?y=1#z", "https://a/{shortId}?t=%7BthngId%7d",
          "https://[::1]/x", "https://a/?u={evrythngId}&p={productId}"}) {
        EXPECT_EQ(refuse_target(url), std::nullopt) << url;
    }
}

TEST(Target, RefusesWhatCouldHarm) {
    const struct {
        const char *url, *word;
    } cases[] = {
        {"", "http://"},
        {"ftp://a/", "http://"},
        {"javascript:alert(1)", "http://"},
        {"//a/", "http://"},
        {"https://", "no host"},
        {"https:///x", "no host"},
        {"https://:80/", "no host"},
        {"https://u:p@a/", "user name"},
        {"https://a@b/", "user name"},
        {"https://{thngId}.a/", "after the host"},
        {"https://a%2eb/", "after the host"},
        {"https://a/ b", "blank"},
        {"https://a/\r\nSet-Cookie: x=1", "control"},
        {"https://a/\xC3\xA9", "percent-encoded"},
        {"https://a\\b/", "percent-encoded"},
        {"https://a/%4", "hexadecimal"},
        {"https://a/{nothing}", "unknown placeholder \"nothing\""},
        {"https://a/{thngId", "without a closing"},
        {"https://a/thngId}", "without an opening"},
        {"https://a/{{thngId}}", "unknown placeholder"},
    };
    for (const auto& expected : cases) {
        const auto refusal = refuse_target(expected.url);
        ASSERT_TRUE(refusal) << expected.url;
        EXPECT_NE(refusal->find(expected.word), std::string::npos) << *refusal;
    }
}

TEST(Target, BoundsItsLength) {
    json::object body{{"defaultRedirectUrl", "https://a/" + std::string(2048, 'x')}};
    const Problems problems = check(kRedirection, Verb::update, body);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_NE(problems[0].message.find("2048"), std::string::npos);
}

}  // namespace
}  // namespace redirector::api
