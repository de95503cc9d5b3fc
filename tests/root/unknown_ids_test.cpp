#include "redirector/unknown_ids.hpp"

#include "redirector/facts/address.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace redirector {
namespace {

using namespace std::chrono_literals;
using Clock = UnknownIdLimit::Clock;

IpAddress address(std::string_view text) {
    return *facts::parse_address(text);
}

// How many unknown IDs in a row are within the limit, at most 1000.
int passed(UnknownIdLimit& limit, std::string_view client, Clock::time_point now) {
    int count = 0;
    while (count < 1000 && !limit.count(address(client), now))
        ++count;
    return count;
}

TEST(UnknownIdLimit, TakesAMinutesWorthAtOnceThenEvenly) {
    UnknownIdLimit limit(60);
    const auto now = Clock::now();
    EXPECT_EQ(passed(limit, "192.0.2.1", now), 60);
    EXPECT_EQ(limit.count(address("192.0.2.1"), now), 1s);
    EXPECT_EQ(passed(limit, "192.0.2.1", now + 3s), 3);
    EXPECT_EQ(passed(limit, "192.0.2.1", now + 10min), 60);
}

TEST(UnknownIdLimit, CountsAnIpv4AddressAndAnIpv6Prefix) {
    UnknownIdLimit limit(5);
    const auto now = Clock::now();
    EXPECT_EQ(passed(limit, "192.0.2.1", now), 5);
    EXPECT_EQ(passed(limit, "192.0.2.2", now), 5);
    EXPECT_EQ(passed(limit, "2001:db8:0:1200::1", now), 5);
    EXPECT_EQ(passed(limit, "2001:db8:0:12ff:9::9", now), 0) << "of the same /56";
    EXPECT_EQ(passed(limit, "2001:db8:0:1300::1", now), 5);
}

TEST(UnknownIdLimit, LimitsNobodyWhenItIsZero) {
    UnknownIdLimit limit(0);
    EXPECT_EQ(passed(limit, "192.0.2.1", Clock::now()), 1000);
}

TEST(UnknownIdLimit, RemembersTheWorstOfMoreClientsThanItHasRoomFor) {
    UnknownIdLimit limit(100);
    const auto now = Clock::now();
    EXPECT_EQ(passed(limit, "198.51.100.1", now), 100);
    for (std::uint32_t n = 0; n < 300'000; ++n) {
        IpAddress crowd = address("10.0.0.0");
        crowd[13] = static_cast<std::uint8_t>(n >> 16);
        crowd[14] = static_cast<std::uint8_t>(n >> 8);
        crowd[15] = static_cast<std::uint8_t>(n);
        EXPECT_FALSE(limit.count(crowd, now));
    }
    EXPECT_EQ(passed(limit, "198.51.100.1", now), 0);
}

TEST(UnknownIdLimit, CountsEveryOneOfManyThreads) {
    UnknownIdLimit limit(1000);
    const auto now = Clock::now();
    std::atomic<int> within{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int n = 0; n < 500; ++n)
                within += limit.count(address("192.0.2.1"), now) ? 0 : 1;
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(within, 1000);
}

}  // namespace
}  // namespace redirector
