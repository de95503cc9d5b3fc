#include "redirector/negotiate.hpp"

#include <gtest/gtest.h>

#include <array>

namespace redirector {
namespace {

constexpr std::array<std::string_view, 3> kOffered{"image/png", "image/svg+xml", "application/pdf"};

TEST(Negotiate, TakesTheFirstWhereAnythingGoes) {
    EXPECT_EQ(negotiate("", kOffered), 0U);
    EXPECT_EQ(negotiate("*/*", kOffered), 0U);
    EXPECT_EQ(negotiate("image/*", kOffered), 0U);
    EXPECT_EQ(negotiate("text/html, */*;q=0.1", kOffered), 0U);
}

TEST(Negotiate, FollowsQuality) {
    EXPECT_EQ(negotiate("image/png;q=0.5, image/svg+xml", kOffered), 1U);
    EXPECT_EQ(negotiate("image/*;q=0.2, application/pdf;q=0.9", kOffered), 2U);
    EXPECT_EQ(negotiate("IMAGE/SVG+XML", kOffered), 1U);
}

TEST(Negotiate, LetsTheMoreSpecificRangeSpeak) {
    EXPECT_EQ(negotiate("image/png;q=0, image/*", kOffered), 1U);
    EXPECT_EQ(negotiate("*/*, image/png;q=0.1", kOffered), 1U);
}

TEST(Negotiate, RefusesWhatIsNotServed) {
    EXPECT_EQ(negotiate("text/html", kOffered), std::nullopt);
    EXPECT_EQ(negotiate("*/*;q=0", kOffered), std::nullopt);
    EXPECT_EQ(negotiate("image/png;q=nonsense", kOffered), std::nullopt);
    EXPECT_EQ(negotiate(",;,;q", kOffered), std::nullopt);
}

}  // namespace
}  // namespace redirector
