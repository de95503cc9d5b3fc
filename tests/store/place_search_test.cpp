#include "redirector/store/place_search.hpp"

#include "redirector/store/keyspace.hpp"
#include "tests/store/redis_fixture.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using testing::RedisServer;
using testing::run_to_end;
using testing::run_until;

constexpr std::string_view kAccount = "Uaaaaaaaaaaaaaaaaaaaaaaa";

class PlaceSearchTest : public ::testing::Test {
  protected:
    PlaceSearchTest() : client(loop.get_executor(), options()), search(client) {
        client.start();
        EXPECT_TRUE(run_to_end(loop, client.wait_ready(5s)));
    }
    RedisOptions options() const {
        RedisOptions options;
        options.address = server.address();
        return options;
    }
    void add(const std::string& id, double latitude, double longitude, unsigned bucket) {
        server.command({"GEOADD", keyspace::places(kAccount, bucket), std::to_string(longitude),
                        std::to_string(latitude), id});
    }
    PlaceSearch::Places places(double latitude, double longitude) {
        PlaceQuestion point{std::string(kAccount), latitude, longitude};
        const auto found = run_to_end(loop, search.find(std::move(point)));
        return found ? *found : PlaceSearch::Places{{"store down", 0}};
    }
    std::string nearest(double latitude, double longitude) {
        const auto found = places(latitude, longitude);
        return found.empty() ? "" : found.front().id;
    }

    RedisServer server;
    net::io_context loop;
    RedisClient client;
    PlaceSearch search;
};

TEST_F(PlaceSearchTest, FindsTheNearestOfAllPartitions) {
    EXPECT_EQ(nearest(52.5, 13.4), "");
    add("far", 52.6, 13.4, 1);
    add("near", 52.51, 13.4, 9);
    const auto found = places(52.5, 13.41);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].id, "near");
    EXPECT_NEAR(found[0].distance, 1302, 5);
    EXPECT_EQ(found[1].id, "far");
}

TEST_F(PlaceSearchTest, LooksAsFarAsItMustAndNearPoles) {
    add("sydney", -33.9, 151.2, 3);
    EXPECT_EQ(nearest(52.5, 13.4), "sydney");
    EXPECT_EQ(nearest(90, 0), "sydney");
    add("paris", 48.86, 2.35, 4);
    EXPECT_EQ(nearest(52.5, 13.5), "paris");
}

TEST_F(PlaceSearchTest, LooksLessFarAmongVeryMany) {
    for (unsigned i = 0; i <= 10; ++i) {
        Command command{"GEOADD", keyspace::places(kAccount, i)};
        for (unsigned n = 0; n < 1000; ++n) {
            const std::string id = "p" + std::to_string(i) + "." + std::to_string(n);
            command.insert(command.end(), {"151.2", "-33.9", id});
        }
        server.command(command);
    }
    EXPECT_EQ(nearest(52.5, 13.4), "");
    EXPECT_NE(nearest(-33.0, 151.2), "");  // 100 km
    EXPECT_EQ(places(-33.9, 151.2).size(), PlaceSearch::kCandidates);
}

TEST_F(PlaceSearchTest, RemembersForAMomentAndAsksOnceForAll) {
    add("a", 1, 1, 0);
    std::vector<std::string> answers;
    for (int i = 0; i < 5; ++i) {
        PlaceQuestion point{std::string(kAccount), 1, 1};
        net::co_spawn(loop, search.find(std::move(point)), [&](std::exception_ptr, auto found) {
            answers.push_back(found ? found->front().id : "");
        });
    }
    ASSERT_TRUE(run_until(loop, [&] { return answers.size() == 5; }));
    EXPECT_EQ(answers, std::vector<std::string>(5, "a"));
    EXPECT_EQ(search.searches(), 1U);
    std::this_thread::sleep_for(PlaceSearch::kRemembered);
    add("b", 1, 1.00001, 2);
    EXPECT_EQ(places(1, 1).size(), 2U);
    EXPECT_EQ(search.searches(), 2U);
}

TEST_F(PlaceSearchTest, RemembersNoMoreThanItsBound) {
    for (int i = 0; i < 3000; ++i)
        nearest(0, i * 0.01);
    EXPECT_LE(search.remembered(), PlaceSearch::kPoints);
}

TEST_F(PlaceSearchTest, SaysSoWhenRedisIsAwayAndRemembersNothing) {
    add("a", 1, 1, 0);
    server.kill();
    ASSERT_TRUE(run_until(loop, [&] { return !client.connected(); }));
    EXPECT_EQ(nearest(1, 1), "store down");
    EXPECT_EQ(search.remembered(), 0U);
    server.start();
    ASSERT_TRUE(run_until(loop, [&] { return client.connected(); }));
}

}  // namespace
}  // namespace redirector::store
