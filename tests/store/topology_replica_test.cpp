// A local replica: read from while it is known to be young, and left when it is not.
#include "redirector/store/loader.hpp"
#include "redirector/store/tracker.hpp"
#include "tests/store/text_entry.hpp"
#include "tests/store/topologies.hpp"

#include <gtest/gtest.h>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using testing::run_to_end;
using testing::run_until;
using testing::TcpRedis;
using testing::Text;
using Trust = NearCache::Trust;

EntryPtr decode(std::string_view, std::string_view bytes) {
    return EntryPtr(new Text(std::string(bytes)));
}

NearCacheOptions quick_cache() {
    NearCacheOptions options;
    options.heartbeat_bound = 400ms;
    return options;
}

RedisAddress address_of(const TcpRedis& server) {
    RedisAddress address;
    address.endpoints = {server.endpoint()};
    return address;
}

class Replica : public ::testing::Test {
  protected:
    Replica()
        : primary_server({"--repl-diskless-sync-delay", "0"}),
          replica_server({"--replicaof", "127.0.0.1 " + std::to_string(primary_server.port())}),
          cache(quick_cache()),
          reader(cache),
          primary(loop.get_executor(), options_of(primary_server)),
          replica(loop.get_executor(), options_of(replica_server)),
          tracker(loop.get_executor(), cache, tracker_options()),
          loader(primary, &replica, cache, {{"c:", decode}}) {
        wait_for_link("connected");
        primary.start();
        replica.start();
        tracker.start();
        EXPECT_TRUE(run_to_end(loop, primary.wait_ready(5s)));
        EXPECT_TRUE(run_to_end(loop, replica.wait_ready(5s)));
        EXPECT_TRUE(run_until(loop, [this] { return tracker.coherent(); }));
    }

    static RedisOptions options_of(const TcpRedis& server) {
        RedisOptions options;
        options.address = address_of(server);
        options.connect_deadline = 200ms;
        options.backoff_max = 100ms;
        return options;
    }
    TrackerOptions tracker_options() const {
        TrackerOptions options;
        options.address = address_of(replica_server);
        options.primary = address_of(primary_server);
        options.node = "n1";
        options.heartbeat = 50ms;
        options.silence = 200ms;
        return options;
    }
    void wait_for_link(std::string_view state) {
        EXPECT_TRUE(run_until(loop, [&] {
            const RedisReply role = replica_server->command({"ROLE"});
            return role.elements.size() > 3 && role.elements[3].text == state;
        }));
    }
    void cut() { replica_server->command({"REPLICAOF", "127.0.0.1", "1"}); }
    Loaded load(std::string key) { return run_to_end(loop, loader.load(std::move(key))); }
    static std::string text(const Loaded& loaded) {
        return loaded.entry ? static_cast<const Text&>(*loaded.entry).text() : "";
    }
    NearCache::Found find(std::string_view key) {
        return reader.enter().find(key, NearCache::Clock::now());
    }
    void write(std::string key, std::string value) {
        primary_server->command({"SET", key, value});
        EXPECT_TRUE(run_until(loop, [&] {
            return replica_server->command({"GET", key}).text == value;
        }));
        // The news has come through the replica too.
        run_until(
            loop, [] { return false; }, 60ms);
    }
    std::int64_t gets(const TcpRedis& server) {
        const std::string info = server->command({"INFO", "commandstats"}).text;
        const auto at = info.find("cmdstat_get:calls=");
        return at == info.npos ? 0 : std::stoll(info.substr(at + 18));
    }

    TcpRedis primary_server;
    TcpRedis replica_server;
    net::io_context loop;
    NearCache cache;
    NearCache::Reader reader;
    RedisClient primary;
    RedisClient replica;
    Tracker tracker;
    Loader loader;
};

TEST_F(Replica, AnswersLookUpsAndTellsOfChanges) {
    write("c:l:a", "one");
    const auto asked = gets(primary_server);
    EXPECT_EQ(text(load("c:l:a")), "one");
    EXPECT_EQ(gets(primary_server), asked);
    EXPECT_EQ(find("c:l:a").trust, Trust::fresh);
    primary_server->command({"SET", "c:l:a", "two"});
    EXPECT_TRUE(run_until(
        loop, [this] { return find("c:l:a").presence == NearCache::Presence::miss; }, 1s));
    EXPECT_EQ(text(load("c:l:a")), "two");
}

TEST_F(Replica, LeavesWhatItLacksToThePrimary) {
    replica_server->command({"CONFIG", "SET", "replica-read-only", "no"});
    primary_server->command({"SET", "c:l:a", "one"});
    write("c:l:b", "1");
    replica_server->command({"DEL", "c:l:a"});  // as if it had not come yet
    run_until(
        loop, [] { return false; }, 60ms);
    EXPECT_EQ(text(load("c:l:a")), "one");
    EXPECT_EQ(load("c:l:absent").state, LoadState::absent);
    EXPECT_EQ(find("c:l:absent").presence, NearCache::Presence::absent);
}

TEST_F(Replica, IsNotBelievedWhenItIsCutOffFromItsPrimary) {
    write("c:l:a", "one");
    ASSERT_EQ(text(load("c:l:a")), "one");
    cut();
    primary_server->command({"SET", "c:l:a", "two"});
    const auto began = std::chrono::steady_clock::now();
    ASSERT_TRUE(run_until(
        loop, [this] { return find("c:l:a").trust != Trust::fresh; }, 2s));
    EXPECT_LT(std::chrono::steady_clock::now() - began, 700ms);
    EXPECT_EQ(text(load("c:l:a")), "two");  // by the primary
}

TEST_F(Replica, AnswersWhilePrimaryIsAwayAndItselfIsYoungOrNot) {
    write("c:l:a", "one");
    primary_server->kill();
    EXPECT_EQ(text(load("c:l:a")), "one");
    EXPECT_EQ(load("c:l:absent").state, LoadState::absent);  // known a moment ago to be so
    ASSERT_TRUE(run_until(
        loop, [this] { return !cache.coherent(NearCache::Clock::now()); }, 2s));
    EXPECT_EQ(text(load("c:l:a")), "one");
    EXPECT_EQ(load("c:l:absent").state, LoadState::store_down);  // made meanwhile, perhaps
    primary_server->start();
    ASSERT_TRUE(run_until(loop, [this] { return tracker.coherent(); }));
}

TEST_F(Replica, IsDoneWithoutWhenItDies) {
    write("c:l:a", "one");
    replica_server->kill();
    EXPECT_EQ(text(load("c:l:a")), "one");
    ASSERT_TRUE(run_until(loop, [this] { return !tracker.coherent(); }));
    EXPECT_EQ(text(load("c:l:a")), "one");
    EXPECT_EQ(load("c:l:absent").state, LoadState::absent);
    replica_server->start();
    EXPECT_TRUE(run_until(loop, [this] { return tracker.coherent(); }));
}

}  // namespace
}  // namespace redirector::store
