#include "redirector/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace redirector {
namespace {

using testing::HasSubstr;

TEST(Metrics, SumsThreadsAndBuckets) {
    Metrics metrics(2);
    metrics.thread(0).answered(Outcome::redirect, std::chrono::microseconds(3));
    metrics.thread(1).answered(Outcome::redirect, std::chrono::seconds(5));
    std::string page;
    metrics.write(page);
    EXPECT_THAT(page, HasSubstr("redirector_requests_total{outcome=\"redirect\"} 2\n"));
    EXPECT_THAT(
        page,
        HasSubstr(
            "redirector_request_duration_seconds_bucket{outcome=\"redirect\",le=\"2e-06\"} 0\n"));
    EXPECT_THAT(
        page,
        HasSubstr(
            "redirector_request_duration_seconds_bucket{outcome=\"redirect\",le=\"5e-06\"} 1\n"));
    EXPECT_THAT(
        page,
        HasSubstr("redirector_request_duration_seconds_bucket{outcome=\"redirect\",le=\"1\"} 1\n"));
    EXPECT_THAT(
        page,
        HasSubstr(
            "redirector_request_duration_seconds_bucket{outcome=\"redirect\",le=\"+Inf\"} 2\n"));
    EXPECT_THAT(page,
                HasSubstr("redirector_request_duration_seconds_count{outcome=\"redirect\"} 2\n"));
    EXPECT_THAT(
        page,
        HasSubstr("redirector_request_duration_seconds_sum{outcome=\"redirect\"} 5.000003\n"));
}

TEST(Metrics, AsksGaugesAndEndsThePage) {
    Metrics metrics(1);
    metrics.add({"things", "gauge", "Things.", [] { return 7.5; }});
    metrics.add({"events", "counter", "Events.", [] { return 3.0; }});
    std::string page;
    metrics.write(page);
    EXPECT_THAT(page, HasSubstr("# TYPE redirector_things gauge\n# HELP redirector_things "
                                "Things.\nredirector_things 7.5\n"));
    EXPECT_THAT(page, HasSubstr("\nredirector_events_total 3\n"));
    EXPECT_TRUE(page.ends_with("# EOF\n"));
}

}  // namespace
}  // namespace redirector
