#include "redirector/api/call_limit.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace redirector::api {
namespace {

TEST(CallLimit, RefusesCallsBeyondThoseOfAll) {
    CallLimit limit(2, 0);
    auto first = limit.enter();
    auto second = limit.enter();
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(limit.enter());
    EXPECT_EQ(limit.open(), 2u);
    EXPECT_EQ(limit.refused(), 1u);
    first.reset();
    EXPECT_TRUE(limit.enter());
    second.reset();
    EXPECT_EQ(limit.open(), 0u);
}

TEST(CallLimit, RefusesCallsBeyondThoseOfAnAccount) {
    CallLimit limit(0, 1);
    auto first = limit.enter();
    auto second = limit.enter();
    auto other = limit.enter();
    EXPECT_TRUE(first->charge("A"));
    EXPECT_FALSE(second->charge("A"));
    EXPECT_TRUE(other->charge("B"));
    EXPECT_EQ(limit.refused(), 1u);
    first.reset();
    EXPECT_TRUE(second->charge("A"));
}

TEST(CallLimit, CountsAPlaceOnceHoweverOftenItMoves) {
    CallLimit limit(1, 1);
    {
        auto place = limit.enter();
        ASSERT_TRUE(place->charge("A"));
        std::vector<CallLimit::Place> moved;
        moved.push_back(std::move(*place));
        place.reset();
        EXPECT_EQ(limit.open(), 1u);
        EXPECT_FALSE(limit.enter());
    }
    EXPECT_EQ(limit.open(), 0u);
    EXPECT_TRUE(limit.enter()->charge("A"));
}

TEST(CallLimit, ZeroIsNoLimit) {
    CallLimit limit(0, 0);
    std::vector<CallLimit::Place> places;
    for (int i = 0; i < 100; ++i) {
        places.push_back(std::move(*limit.enter()));
        EXPECT_TRUE(places.back().charge("A"));
    }
    EXPECT_EQ(limit.open(), 100u);
}

}  // namespace
}  // namespace redirector::api
