#include "redirector/routes.hpp"

#include "redirector/qr_endpoint.hpp"

#include <gtest/gtest.h>

namespace redirector {
namespace {

TEST(Routes, CaptureSegments) {
    const RouteMatch match = match_route(Method::get, "/redirections/ABCDEFGH", false);
    ASSERT_NE(match.route, nullptr);
    EXPECT_EQ(match.route->pattern, "/redirections/{shortId}");
    EXPECT_EQ(match.captures[0], "ABCDEFGH");
}

TEST(Routes, AnswerHeadWhereTheyAnswerGet) {
    EXPECT_NE(match_route(Method::head, "/access", false).route, nullptr);
}

TEST(Routes, TellWhatAPathTakes) {
    const RouteMatch match = match_route(Method::delete_, "/stats", false);
    EXPECT_EQ(match.route, nullptr);
    EXPECT_EQ(match.allow, "GET, HEAD, OPTIONS");
    EXPECT_EQ(match_route(Method::get, "/nothing", false).allow, "");
    EXPECT_EQ(match_route(Method::get, "/redirections/", false).allow, "");
    EXPECT_EQ(match_route(Method::get, "/redirections/A/B", false).allow, "");
}

TEST(Routes, KeepTheRestOfTheApiOffTheShortDomain) {
    EXPECT_EQ(match_route(Method::get, "/access", true).allow, "");
    EXPECT_NE(match_route(Method::get, "/redirections", true).route, nullptr);
}

TEST(QrPath, KnowsSuffixesInBothPlaces) {
    const auto png = qr_path("/ABCDEFGH.png");
    ASSERT_TRUE(png);
    EXPECT_EQ(png->short_id, "ABCDEFGH");
    EXPECT_EQ(png->format, qr::Format::png);
    const auto any = qr_path("/redirections/ABCDEFGH.qr");
    ASSERT_TRUE(any);
    EXPECT_FALSE(any->format);
    EXPECT_FALSE(qr_path("/ABCDEFGH.gif"));
    EXPECT_FALSE(qr_path("/A.png"));
    EXPECT_FALSE(qr_path("/x/ABCDEFGH.png"));
    EXPECT_FALSE(qr_path("/.png"));
}

TEST(QrPayload, HasTheHostInUpperCase) {
    Config config;
    config.short_url_scheme = "https";
    config.short_domain = "tn.gg";
    EXPECT_EQ(qr_payload(config, "ABcd"), "https://TN.GG/ABcd");
}

}  // namespace
}  // namespace redirector
