#include "redirector/webhooks/back_off.hpp"

#include <gtest/gtest.h>

namespace redirector::webhooks {
namespace {

using std::chrono::milliseconds;

TEST(BackOff, DoublesFromASecondToAnHourHalfOfItRandom) {
    EXPECT_EQ(back_off(1, 0), milliseconds(500));
    EXPECT_EQ(back_off(1, 500), milliseconds(1'000));
    EXPECT_EQ(back_off(1, 501), milliseconds(500));
    EXPECT_EQ(back_off(4, 0), milliseconds(4'000));
    EXPECT_EQ(back_off(12, 0), milliseconds(1'024'000));
    for (const unsigned tries : {13U, 15U, 1'000'000U}) {
        EXPECT_EQ(back_off(tries, 0), kLongestWait / 2);
        EXPECT_EQ(back_off(tries, 1'800'000), kLongestWait);
    }
}

TEST(BackOff, StaysWithinItsBounds) {
    for (unsigned tries = 1; tries <= kMostTries; ++tries) {
        for (std::uint64_t random = 1; random != 0; random <<= 1) {
            EXPECT_GE(back_off(tries, random), kFirstWait / 2);
            EXPECT_LE(back_off(tries, random), kLongestWait);
        }
    }
}

}  // namespace
}  // namespace redirector::webhooks
