// Coherence of the near cache through a real redis-server, by Tracker and Loader together.
#include "redirector/store/tracker.hpp"

#include "redirector/store/loader.hpp"
#include "tests/store/redis_fixture.hpp"
#include "tests/store/text_entry.hpp"

#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using testing::RedisServer;
using testing::run_to_end;
using testing::run_until;
using testing::Text;
using Presence = NearCache::Presence;
using Trust = NearCache::Trust;

EntryPtr decode_text(std::string_view, std::string_view bytes) {
    return bytes == "corrupt" ? nullptr : EntryPtr(new Text(std::string(bytes)));
}

// A node: cache, tracker and loader on one loop that the test turns.
class Node {
  public:
    explicit Node(const RedisServer& server,
                  std::string name = "n1",
                  std::chrono::milliseconds silence = 200ms)
        : server_(server),
          reader(cache),
          client(loop.get_executor(), client_options(server)),
          tracker(loop.get_executor(), cache, tracker_options(server, std::move(name), silence)),
          loader(client, nullptr, cache, {{"c:", decode_text}}) {
        client.start();
        tracker.start();
        EXPECT_TRUE(run_to_end(loop, client.wait_ready(5s)));
        EXPECT_TRUE(run_until(loop, [&] { return tracker.coherent(); }));
    }

    static RedisOptions client_options(const RedisServer& server) {
        RedisOptions options;
        options.address = server.address();
        options.backoff_max = 100ms;
        options.connect_deadline = 200ms;
        return options;
    }
    static TrackerOptions tracker_options(const RedisServer& server,
                                          std::string name,
                                          std::chrono::milliseconds silence) {
        TrackerOptions options;
        options.address = server.address();
        options.node = std::move(name);
        options.heartbeat = 50ms;
        options.silence = silence;
        return options;
    }

    // Writes as another node would, and waits until this one has been told.
    void write(std::string key, std::string value) {
        const auto before = cache.counters().invalidations;
        server_.command({"SET", std::move(key), std::move(value)});
        EXPECT_TRUE(run_until(loop, [&] { return cache.counters().invalidations > before; }));
    }
    Loaded load(std::string key) { return run_to_end(loop, loader.load(std::move(key))); }
    NearCache::Found find(std::string_view key) {
        return reader.enter().find(key, NearCache::Clock::now());
    }
    std::string text(std::string_view key) {
        auto guard = reader.enter();
        const auto found = guard.find(key, NearCache::Clock::now());
        return found.presence == Presence::present ? found.as<Text>().text() : "";
    }
    Trust trust(std::string_view key) { return find(key).trust; }

  private:
    const RedisServer& server_;

  public:
    net::io_context loop;
    NearCache cache{{}};
    NearCache::Reader reader;
    RedisClient client;
    Tracker tracker;
    Loader loader;
};

TEST(Tracker, HearsAChangeWithinMilliseconds) {
    RedisServer server;
    Node node(server);
    node.write("c:l:a", "one");
    ASSERT_EQ(node.load("c:l:a").state, LoadState::present);
    EXPECT_EQ(node.trust("c:l:a"), Trust::fresh);
    EXPECT_EQ(node.text("c:l:a"), "one");
    server.command({"SET", "c:l:a", "two"});
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(
        run_until(node.loop, [&] { return node.find("c:l:a").presence == Presence::miss; }));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 100ms);
    node.load("c:l:a");
    EXPECT_EQ(node.text("c:l:a"), "two");
}

TEST(Tracker, HearsTheCreationOfAKeyKnownToBeAbsent) {
    RedisServer server;
    Node node(server);
    EXPECT_EQ(node.load("c:l:new").state, LoadState::absent);
    EXPECT_EQ(node.find("c:l:new").presence, Presence::absent);
    EXPECT_EQ(node.trust("c:l:new"), Trust::fresh);
    server.command({"SET", "c:l:new", "now"});
    ASSERT_TRUE(
        run_until(node.loop, [&] { return node.find("c:l:new").presence == Presence::miss; }));
}

TEST(Tracker, KeepsTwoNodesApartByTheirHeartbeats) {
    RedisServer server;
    Node first(server, "n1");
    Node second(server, "n2");
    const auto invalidations = first.cache.counters().invalidations;
    run_until(
        second.loop, [] { return false; }, 200ms);
    run_until(
        first.loop, [] { return false; }, 50ms);
    EXPECT_EQ(first.cache.counters().invalidations, invalidations);
    EXPECT_EQ(server.command({"EXISTS", "c:~n1", "c:~n2"}).integer, 2);
    EXPECT_GT(server.command({"PTTL", "c:~n1"}).integer, 0);
}

TEST(Tracker, SuspectsEverythingWhenRedisWasFlushed) {
    RedisServer server;
    Node node(server);
    node.write("c:l:a", "one");
    node.load("c:l:a");
    const auto distrusts = node.cache.counters().distrusts;
    server.command({"FLUSHALL"});
    ASSERT_TRUE(run_until(node.loop, [&] { return node.cache.counters().distrusts > distrusts; }));
    EXPECT_EQ(node.trust("c:l:a"), Trust::suspect);
    ASSERT_TRUE(run_until(node.loop, [&] { return node.tracker.coherent(); }));
    EXPECT_EQ(node.trust("c:l:a"), Trust::suspect);
    EXPECT_EQ(node.load("c:l:a").state, LoadState::absent);
    EXPECT_EQ(node.trust("c:l:a"), Trust::fresh);
    EXPECT_EQ(node.tracker.pairs(), 1u);
}

// RESP2's trap: the tracking connection is told nothing when the one it redirects to dies.
TEST(Tracker, MakesANewPairWhenItsSubscriberDies) {
    RedisServer server;
    Node node(server, "n1", 60s);  // not by its silence, at once
    node.write("c:l:a", "one");
    node.load("c:l:a");
    EXPECT_EQ(server.command({"CLIENT", "KILL", "TYPE", "pubsub"}).integer, 1);
    server.command({"SET", "c:l:a", "two"});  // told to nobody
    ASSERT_TRUE(run_until(node.loop, [&] { return !node.tracker.coherent(); }));
    EXPECT_NE(node.trust("c:l:a"), Trust::fresh);
    ASSERT_TRUE(run_until(node.loop, [&] { return node.tracker.coherent(); }));
    EXPECT_EQ(node.tracker.pairs(), 2u);
    EXPECT_EQ(node.trust("c:l:a"), Trust::suspect);
    node.load("c:l:a");
    EXPECT_EQ(node.text("c:l:a"), "two");
    EXPECT_EQ(node.trust("c:l:a"), Trust::fresh);
}

TEST(Tracker, MakesANewPairWhenItsTrackingConnectionDies) {
    RedisServer server;
    Node node(server, "n1", 60s);  // not by its silence, at once
    node.write("c:l:a", "one");
    node.load("c:l:a");
    server.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    ASSERT_TRUE(
        run_until(node.loop, [&] { return node.tracker.pairs() == 2 && node.tracker.coherent(); }));
    EXPECT_EQ(node.trust("c:l:a"), Trust::suspect);
}

// Both connections live, yet nothing comes through: only the missing heartbeat tells.
TEST(Tracker, MakesANewPairWhenHeartbeatsAreNotHeard) {
    RedisServer server;
    Node node(server);
    server.command({"ACL", "SETUSER", "default", "-set"});  // no more heartbeats
    ASSERT_TRUE(run_until(node.loop, [&] { return !node.tracker.coherent(); }));
    server.command({"ACL", "SETUSER", "default", "+@all"});
    ASSERT_TRUE(run_until(node.loop, [&] { return node.tracker.coherent(); }));
    EXPECT_GE(node.tracker.pairs(), 2u);
}

TEST(Tracker, ServesStaleWhileRedisStandsStillAndRecovers) {
    RedisServer server;
    Node node(server);
    node.write("c:l:a", "one");
    node.load("c:l:a");
    server.pause();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(node.load("c:l:a").state, LoadState::store_down);
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(took, 800ms);
    EXPECT_EQ(node.load("c:l:a").state, LoadState::store_down);  // at once now
    EXPECT_LT(std::chrono::steady_clock::now() - begin - took, 50ms);
    ASSERT_TRUE(run_until(node.loop, [&] { return !node.tracker.coherent(); }));
    EXPECT_EQ(node.trust("c:l:a"), Trust::suspect);
    EXPECT_EQ(node.text("c:l:a"), "one");
    server.resume();
    ASSERT_TRUE(
        run_until(node.loop, [&] { return node.tracker.coherent() && node.client.connected(); }));
    EXPECT_EQ(node.load("c:l:a").state, LoadState::present);
    EXPECT_EQ(node.trust("c:l:a"), Trust::fresh);
}

TEST(Tracker, ServesStaleWhileRedisIsDeadAndRecovers) {
    RedisServer server({"--appendonly", "yes", "--appendfsync", "always"});
    Node node(server);
    node.write("c:l:a", "one");
    node.load("c:l:a");
    server.kill();
    ASSERT_TRUE(
        run_until(node.loop, [&] { return !node.tracker.coherent() && !node.client.connected(); }));
    EXPECT_EQ(node.load("c:l:a").state, LoadState::store_down);
    EXPECT_EQ(node.text("c:l:a"), "one");
    EXPECT_EQ(node.trust("c:l:a"), Trust::suspect);
    server.start();
    ASSERT_TRUE(
        run_until(node.loop, [&] { return node.tracker.coherent() && node.client.connected(); }));
    EXPECT_EQ(node.load("c:l:a").state, LoadState::present);
    EXPECT_EQ(node.trust("c:l:a"), Trust::fresh);
}

// The reply of a GET is held back until the invalidation of what it read has been handled: the
// order that two sockets produce by chance, forced every time.
TEST(Tracker, NeverKeepsAReplyThatAnInvalidationOvertook) {
    RedisServer server;
    Node node(server);
    RedisClient writer(node.loop.get_executor(), Node::client_options(server));
    writer.start();
    ASSERT_TRUE(run_to_end(node.loop, writer.wait_ready(5s)));
    int kept = 0;
    for (int run = 0; run < 2'000; ++run) {
        const std::string key = "c:l:" + std::to_string(run % 10);
        const auto ticket = node.cache.begin_fetch(key);
        Command get = {"GET", key};
        const auto reply = run_to_end(node.loop, node.client.execute(std::move(get)));
        ASSERT_TRUE(reply);
        const auto before = node.cache.counters().invalidations;
        Command set = {"SET", key, std::to_string(run)};
        ASSERT_TRUE(run_to_end(node.loop, writer.execute(std::move(set))));
        ASSERT_TRUE(
            run_until(node.loop, [&] { return node.cache.counters().invalidations > before; }));
        EntryPtr entry = reply->is_nil() ? nullptr : decode_text("", reply->text);
        kept += node.cache.publish(ticket, key, std::move(entry)) ? 1 : 0;
    }
    EXPECT_EQ(kept, 0);
}

TEST(Tracker, TellsNobodyAfterItWasStopped) {
    RedisServer server;
    Node node(server);
    node.write("c:l:a", "one");
    node.load("c:l:a");
    node.tracker.stop();
    EXPECT_FALSE(node.tracker.coherent());
    EXPECT_EQ(node.trust("c:l:a"), Trust::suspect);
    const auto distrusts = node.cache.counters().distrusts;
    run_until(
        node.loop, [] { return false; }, 100ms);
    EXPECT_EQ(node.cache.counters().distrusts, distrusts);
}

}  // namespace
}  // namespace redirector::store
