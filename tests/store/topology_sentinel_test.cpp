// RedisClient and Tracker behind real Sentinels: who is the primary, and what happens when that
// changes.
#include "redirector/store/topology_sentinel.hpp"

#include "redirector/store/tracker.hpp"
#include "tests/store/topologies.hpp"

#include <gtest/gtest.h>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using testing::run_to_end;
using testing::run_until;
using testing::Sentinels;

RedisOptions options_of(const RedisAddress& address) {
    RedisOptions options;
    options.address = address;
    options.deadline = 500ms;
    return options;
}

class SentinelClient : public ::testing::Test {
  protected:
    void connect(const RedisAddress& address) {
        client.emplace(loop.get_executor(), options_of(address));
        client->start();
    }
    RedisResult<void> ready() { return run_to_end(loop, client->wait_ready(5s)); }
    RedisResult<RedisReply> execute(Command command) {
        return run_to_end(loop, client->execute(std::move(command)));
    }
    // Writes until it works; answers how long that took.
    std::chrono::milliseconds time_to_write() {
        const auto begin = std::chrono::steady_clock::now();
        const bool written = run_until(
            loop,
            [this] {
                const auto reply = execute({"SET", "k", "after"});
                return reply && !reply->is_error();
            },
            20s);
        EXPECT_TRUE(written);
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - begin);
    }

    net::io_context loop;
    std::optional<RedisClient> client;
};

TEST_F(SentinelClient, SpeaksToThePrimaryThatSentinelsName) {
    Sentinels setup;
    connect(setup.address());
    ASSERT_TRUE(ready());
    EXPECT_EQ(execute({"ROLE"})->elements.front().text, "master");
    EXPECT_EQ(client->server().kind, RedisAddress::Kind::tcp);
    EXPECT_EQ(client->server().endpoints.front(), setup.servers[0].endpoint());
}

TEST_F(SentinelClient, FollowsAFailoverWhenThePrimaryDies) {
    Sentinels setup;
    connect(setup.address());
    ASSERT_TRUE(ready());
    ASSERT_TRUE(execute({"SET", "k", "before"}));
    setup.servers[0]->kill();
    const auto took = time_to_write();
    EXPECT_EQ(client->server().endpoints.front(), setup.servers[1].endpoint());
    EXPECT_EQ(setup.servers[1]->command({"GET", "k"}).text, "after");
    RecordProperty("ms", static_cast<int>(took.count()));
    std::printf("writes again %d ms after the primary died\n", static_cast<int>(took.count()));
}

TEST_F(SentinelClient, FollowsAFailoverWhenThePrimaryStandsStill) {
    Sentinels setup;
    connect(setup.address());
    ASSERT_TRUE(ready());
    setup.servers[0]->pause();
    time_to_write();
    EXPECT_EQ(client->server().endpoints.front(), setup.servers[1].endpoint());
    // Woken up, it still takes itself for the primary: nobody here asks it any more.
    setup.servers[0]->resume();
    EXPECT_EQ(execute({"GET", "k"})->text, "after");
}

// Demoted behind our back, with the connection left alive: told by its refusal to write.
TEST_F(SentinelClient, LeavesAPrimaryThatBecameAReplica) {
    Sentinels setup;
    connect(setup.address());
    ASSERT_TRUE(ready());
    const std::string other = std::to_string(setup.servers[1].port());
    setup.servers[1]->command({"REPLICAOF", "NO", "ONE"});
    setup.servers[0]->command({"REPLICAOF", "127.0.0.1", other});
    const auto refused = execute({"SET", "k", "v"});
    ASSERT_TRUE(refused);
    EXPECT_TRUE(refused->text.starts_with("READONLY")) << refused->text;
    EXPECT_FALSE(client->connected());
    // The Sentinels still name it: it is asked who it is, and not believed.
    EXPECT_EQ(run_to_end(loop, client->wait_ready(300ms)).error(), RedisError::not_primary);
    setup.servers[0]->command({"REPLICAOF", "NO", "ONE"});
    time_to_write();
}

// The connection lives, nothing is written: only the Sentinels tell.
TEST_F(SentinelClient, LeavesAReplacedPrimaryThatItOnlyReadsFrom) {
    Sentinels setup;
    connect(setup.address());
    ASSERT_TRUE(ready());
    setup.servers[0]->pause();
    setup.wait_for_failover(setup.servers[1].port());
    ASSERT_TRUE(run_until(
        loop,
        [&] {
            return client->connected() &&
                   client->server().endpoints.front() == setup.servers[1].endpoint();
        },
        5s));
}

TEST_F(SentinelClient, NeedsOneSentinelOfThree) {
    Sentinels setup;
    RedisAddress address = setup.address();
    address.endpoints[0].port = testing::free_port();
    address.endpoints[1].port = testing::free_port();
    connect(address);
    EXPECT_TRUE(ready());
}

TEST_F(SentinelClient, SaysWhenNoSentinelKnowsTheName) {
    Sentinels setup;
    RedisAddress address = setup.address();
    address.master = "absent";
    connect(address);
    EXPECT_EQ(ready().error(), RedisError::refused);
    EXPECT_NE(client->last_refusal().find("No such master"), std::string::npos)
        << client->last_refusal();
}

TEST_F(SentinelClient, LogsInToServersWhoseSentinelsHaveNoPassword) {
    Sentinels setup("secret", false);
    connect(setup.address());
    EXPECT_TRUE(ready());
}

TEST_F(SentinelClient, LogsInToSentinelsAndServersAlike) {
    Sentinels setup("secret", true);
    connect(setup.address());
    EXPECT_TRUE(ready());
    RedisAddress wrong = setup.address();
    wrong.password = "guess";
    connect(wrong);
    EXPECT_EQ(ready().error(), RedisError::auth);
}

TEST(SentinelAnswer, IsReadWholeOrNotAtAll) {
    const auto text = [](std::string value) {
        return RedisReply{RedisReply::Type::text, 0, std::move(value), {}};
    };
    const auto array = [](std::vector<RedisReply> elements) {
        return RedisReply{RedisReply::Type::array, 0, "", std::move(elements)};
    };
    const RedisReply master = array({text("name"), text("main"), text("config-epoch"), text("7")});
    const auto primary = parse_primary(array({text("10.0.0.1"), text("6379")}), master);
    ASSERT_TRUE(primary);
    EXPECT_EQ(primary->endpoint, (RedisAddress::Endpoint{"10.0.0.1", 6379}));
    EXPECT_EQ(primary->epoch, 7u);
    EXPECT_FALSE(parse_primary(RedisReply{}, master));
    EXPECT_FALSE(parse_primary(array({text("10.0.0.1"), text("66379")}), master));
    EXPECT_FALSE(parse_primary(array({text("10.0.0.1"), text("0")}), master));
    EXPECT_FALSE(parse_primary(array({text(""), text("6379")}), master));
}

}  // namespace
}  // namespace redirector::store
