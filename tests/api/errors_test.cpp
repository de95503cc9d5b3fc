#include "redirector/api/errors.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <set>

namespace redirector::api {
namespace {

TEST(Errors, SpellEveryCodeOnceWithAStatusOfItsKind) {
    std::set<std::string_view> names;
    for (int i = 0; i < static_cast<int>(Code::count_); ++i) {
        const CodeInfo& code = info(static_cast<Code>(i));
        EXPECT_TRUE(names.insert(code.name).second) << code.name;
        EXPECT_GE(code.status, 400) << code.name;
        EXPECT_LT(code.status, 600) << code.name;
        EXPECT_FALSE(code.meaning.empty()) << code.name;
    }
}

TEST(Errors, AnswerInOneShape) {
    Reply reply;
    const Problems problems{
        {Code::missing_field, "evrythngId", "redirection.evrythngId is required"},
        {Code::invalid_field, "type", "redirection.type must be one of thng"}};
    write_problems(problems, "the-guid", reply);
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(reply.content_type, "application/json");
    EXPECT_EQ(
        reply.body,
        R"({"status":400,"errors":["redirection.evrythngId is required","redirection.type must be one of thng"],)"
        R"("code":"missing_field","details":[{"code":"missing_field","message":"redirection.evrythngId is required",)"
        R"("field":"evrythngId"},{"code":"invalid_field","message":"redirection.type must be one of thng",)"
        R"("field":"type"}],"missing":["evrythngId"],"guid":"the-guid",)"
        R"("moreInfo":"https://developers.evrythng.com/docs/http-verbs-and-error-codes"})");
}

TEST(Errors, ChallengeAndAskForPatience) {
    Reply reply;
    write_problems(Problems{{Code::missing_credentials, "Authorization", "no key"}}, "g", reply);
    EXPECT_NE(reply.fields.find("WWW-Authenticate: "), std::string::npos);
    reply.clear();
    write_problems(Problems{{Code::unavailable, "", "down"}}, "g", reply);
    EXPECT_NE(reply.fields.find("Retry-After: "), std::string::npos);
    EXPECT_EQ(reply.body.find("\"missing\""), std::string::npos);
}

TEST(Errors, NameAStatusThatTheListenerRefusesWith) {
    EXPECT_EQ(code_of_status(431), Code::header_too_large);
    EXPECT_EQ(code_of_status(400), Code::malformed_request);
    EXPECT_EQ(code_of_status(401), Code::missing_credentials);
    EXPECT_EQ(code_of_status(299), Code::malformed_request);
}

TEST(Errors, AreUtf8AndBoundedWhateverWasSent) {
    Problems problems(60, Problem{Code::unknown_field, "\xff", "\xff is no field"});
    Reply reply;
    write_problems(problems, "guid", reply);
    const auto document = boost::json::parse(reply.body).as_object();
    EXPECT_EQ(document.at("details").as_array().size(), 50U);
    EXPECT_EQ(document.at("errors").as_array().size(), 51U);
    EXPECT_EQ(document.at("errors").as_array().back().as_string(), "and 10 more");
    EXPECT_EQ(document.at("errors").as_array().front().as_string(), "\uFFFD is no field");
}

}  // namespace
}  // namespace redirector::api
