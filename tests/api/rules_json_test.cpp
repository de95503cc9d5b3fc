#include "redirector/api/rules_json.hpp"

#include <gtest/gtest.h>

namespace redirector::api {
namespace {

rules::RuleSource rule(std::string match, std::string url) {
    rules::RuleSource source;
    source.match = std::move(match);
    source.redirect_url = std::move(url);
    return source;
}

// What the only rule of an application knows of `facts`.
std::string context_of(const rules::RuleSource& source,
                       const rules::Facts& facts,
                       std::size_t bound = 8192) {
    rules::CompileOptions options;
    options.level = rules::Level::application;
    const auto compiled = rules::compile({&source, 1}, options);
    rules::Context context;
    context.begin(compiled->ruleset->fields());
    context.set_all(facts);
    return redirection_context(*compiled->ruleset, 0, context, bound);
}

TEST(RedirectionContext, HoldsConstantsAndWhatMatchAndTemplateRead) {
    rules::RuleSource source = rule("thng.tags=Offer&timeOfDay>5", "https://x/{thng.name}/{some}");
    source.constants = {{"some", "value"}};
    const rules::Facts facts{
        {"thng.tags", rules::ValueList{std::string("Offer"), std::string("b")}},
        {"timeOfDay", std::int64_t{7}},
        {"thng.name", std::string("one")},
        {"country", std::string("DE")}};
    EXPECT_EQ(context_of(source, facts),
              R"({"constants":{"some":"value"},"timeOfDay":7,"thng.tags":["Offer","b"],)"
              R"("thng.name":"one"})");
}

TEST(RedirectionContext, LeavesOutWhatHasNoValue) {
    EXPECT_EQ(context_of(rule("thng.name!=a", "https://x/{country}"), {}), "");
    EXPECT_EQ(context_of(rule("", "https://x/"), {}), "");
    EXPECT_EQ(context_of(rule("query.a=*", "https://x/"), {{"query.a", rules::Object{}}}),
              R"({"query.a":{}})");
}

TEST(RedirectionContext, IsJsonWhateverAClientSent) {
    const rules::Facts facts{{"query.\"a", std::string("\xff\"\\\n")}, {"query.b", 1.5}};
    EXPECT_EQ(context_of(rule("query.\"a=*&query.b>1", "https://x/"), facts),
              "{\"query.b\":1.5E0,\"query.\\\"a\":\"\xEF\xBF\xBD\\\"\\\\\\n\"}");
}

TEST(RedirectionContext, KeepsToItsBound) {
    const rules::Facts facts{{"query.a", std::string(20, 'x')}, {"query.b", true}};
    const rules::RuleSource source = rule("query.a=*&query.b=true", "https://x/");
    const std::string whole = context_of(source, facts);
    EXPECT_EQ(context_of(source, facts, whole.size()), whole);
    EXPECT_EQ(context_of(source, facts, whole.size() - 1), R"({"query.b":true})");
    EXPECT_EQ(context_of(source, facts, 15), "");
}

}  // namespace
}  // namespace redirector::api
