// RedisClient over a real Redis Cluster: every key goes to its master, wherever that is now.
#include "redirector/store/loader.hpp"
#include "redirector/store/topology_slots.hpp"
#include "redirector/store/tracker.hpp"
#include "tests/store/text_entry.hpp"
#include "tests/store/topologies.hpp"

#include <gtest/gtest.h>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using testing::ClusterServers;
using testing::run_to_end;
using testing::run_until;
using testing::Text;
using Replies = RedisResult<std::vector<RedisReply>>;

// One cluster for all tests that leave it as it was; setting one up takes seconds.
ClusterServers& shared_cluster() {
    static ClusterServers servers;
    return servers;
}

class ClusterClient {
  public:
    explicit ClusterClient(const ClusterServers& servers) {
        RedisOptions options;
        options.address = servers.address();
        options.on_redirected = [this](std::string_view key) { redirected.emplace_back(key); };
        client.emplace(loop.get_executor(), options);
        client->start();
        EXPECT_TRUE(run_to_end(loop, client->wait_ready(5s)));
    }
    Replies execute_all(std::vector<Command> batch) {
        return run_to_end(loop, client->execute(std::move(batch)));
    }
    RedisReply execute(Command command) {
        auto reply = run_to_end(loop, client->execute(std::move(command)));
        return reply ? *reply : RedisReply{RedisReply::Type::error, 0, reply.error().message(), {}};
    }

    net::io_context loop;
    std::vector<std::string> redirected;
    std::optional<RedisClient> client;
};

// A key of the slot: {<n>}<name>.
std::string key_in(unsigned slot, const std::string& name) {
    for (int n = 0;; ++n) {
        std::string key = "{" + std::to_string(n) + "}" + name;
        if (slot_of(key) == slot) return key;
    }
}

TEST(ClusterClient, SpreadsABatchOverTheMastersAndAnswersInOrder) {
    ClusterClient client(shared_cluster());
    std::vector<Command> sets, gets;
    for (int i = 0; i < 100; ++i) {
        sets.push_back({"SET", "key" + std::to_string(i), std::to_string(i)});
        gets.push_back({"GET", "key" + std::to_string(i)});
    }
    ASSERT_TRUE(client.execute_all(std::move(sets)));
    const auto values = client.execute_all(std::move(gets));
    ASSERT_TRUE(values);
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(values->at(static_cast<std::size_t>(i)).text, std::to_string(i));
    for (const auto& server : shared_cluster().servers)
        EXPECT_GT(server->command({"DBSIZE"}).integer, 10);
    EXPECT_TRUE(client.redirected.empty());
    EXPECT_EQ(client.client->counters().commands, 200u);
    EXPECT_EQ(client.client->counters().in_flight, 0u);
}

TEST(ClusterClient, KeepsATransactionTogether) {
    ClusterClient client(shared_cluster());
    const auto replies = client.execute_all({{"SET", "before", "1"},
                                             {"MULTI"},
                                             {"SET", "{t}a", "1"},
                                             {"SET", "{t}b", "2"},
                                             {"EXEC"},
                                             {"GET", "{t}b"}});
    ASSERT_TRUE(replies);
    EXPECT_EQ(replies->at(4).elements.size(), 2u);
    EXPECT_EQ(replies->at(5).text, "2");
}

TEST(ClusterClient, PassesOnThatKeysAreOfDifferentSlots) {
    ClusterClient client(shared_cluster());
    EXPECT_TRUE(client.execute({"MGET", "a", "b"}).text.starts_with("CROSSSLOT"));
    EXPECT_TRUE(client.execute({"EVAL", "return 1", "2", "a", "b"}).text.starts_with("CROSSSLOT"));
    EXPECT_EQ(client.execute({"EVAL", "return 1", "2", "{x}a", "{x}b"}).integer, 1);
}

TEST(ClusterClient, FollowsASlotThatHasMoved) {
    ClusterServers& servers = shared_cluster();
    ClusterClient client(servers);
    const std::string key = key_in(7, "moved");
    ASSERT_EQ(client.execute({"SET", key, "here"}).text, "OK");
    servers.move_slot(7, 0, 1);
    EXPECT_EQ(client.execute({"GET", key}).text, "here");
    EXPECT_EQ(client.redirected, (std::vector{key}));
    EXPECT_EQ(client.execute({"GET", key}).text, "here");
    EXPECT_EQ(client.redirected.size(), 1u);  // learnt
    servers.move_slot(7, 1, 0);
    EXPECT_EQ(client.execute({"GET", key}).text, "here");
}

TEST(ClusterClient, AsksWhereASlotIsBeingMovedTo) {
    ClusterServers& servers = shared_cluster();
    ClusterClient client(servers);
    const std::string moved = key_in(8, "moved");
    const std::string made = key_in(8, "made");
    ASSERT_EQ(client.execute({"SET", moved, "there"}).text, "OK");
    servers.move_slot(8, 0, 1, true);
    EXPECT_EQ(client.execute({"GET", moved}).text, "there");
    EXPECT_EQ(client.execute({"SET", made, "there too"}).text, "OK");
    const auto transaction =
        client.execute_all({{"MULTI"}, {"GET", moved}, {"GET", made}, {"EXEC"}});
    ASSERT_TRUE(transaction);
    ASSERT_EQ(transaction->at(3).elements.size(), 2u);
    EXPECT_EQ(transaction->at(3).elements[1].text, "there too");
    EXPECT_GE(client.redirected.size(), 3u);  // each time: the slot is not the other's yet
    for (const std::size_t server : {0u, 1u})
        servers.servers[server]->command({"CLUSTER", "SETSLOT", "8", "STABLE"});
    servers.move_slot(8, 1, 0);
}

// Half of a script's keys are here, half there: said to come again until all are there.
TEST(ClusterClient, TriesAgainWhileKeysAreOnTheirWay) {
    ClusterServers& servers = shared_cluster();
    ClusterClient client(servers);
    const std::string there = key_in(9, "there");
    const std::string here = key_in(9, "here");
    client.execute({"SET", there, "1"});
    servers.move_slot(9, 0, 1, true);
    servers.servers[0]->command({"CLUSTER", "SETSLOT", "9", "STABLE"});
    servers.servers[0]->command({"SET", here, "2"});
    servers.servers[0]->command({"CLUSTER", "SETSLOT", "9", "MIGRATING", servers.id(1)});
    std::optional<RedisReply> both;
    net::co_spawn(client.loop, client.client->execute(Command{"MGET", there, here}),
                  [&](std::exception_ptr, RedisResult<RedisReply> reply) { both = *reply; });
    run_until(
        client.loop, [] { return false; }, 30ms);
    EXPECT_FALSE(both);
    servers.servers[0]->command(
        {"MIGRATE", "127.0.0.1", std::to_string(servers.servers[1].port()), here, "0", "1000"});
    ASSERT_TRUE(run_until(
        client.loop, [&] { return both.has_value(); }, 2s));
    ASSERT_EQ(both->elements.size(), 2u) << both->text;
    EXPECT_EQ(both->elements[1].text, "2");
    servers.servers[1]->command({"CLUSTER", "SETSLOT", "9", "NODE", servers.id(1)});
    servers.servers[0]->command({"CLUSTER", "SETSLOT", "9", "NODE", servers.id(1)});
    servers.move_slot(9, 1, 0);
}

TEST(ClusterClient, ServesTheOtherMastersWhileOneIsAwayAndFollowsItsSuccessor) {
    ClusterServers servers(3, 1);
    ClusterClient client(servers);
    const std::string lost = key_in(1, "lost"), kept = key_in(16000, "kept");
    const auto replies = client.execute_all({{"SET", lost, "1"}, {"SET", kept, "2"}});
    ASSERT_TRUE(replies);
    ASSERT_EQ(servers.servers[0]->command({"WAIT", "1", "1000"}).integer, 1);
    servers.servers[0]->kill();
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(run_until(
        client.loop, [&] { return !client.client->connected(); }, 2s));
    const auto half = client.execute_all({{"GET", lost}, {"GET", kept}});
    ASSERT_TRUE(half);
    EXPECT_TRUE(half->at(0).is_error());
    EXPECT_EQ(half->at(1).text, "2");
    Command alone{"GET", lost};
    EXPECT_FALSE(run_to_end(client.loop, client.client->execute(std::move(alone))));
    EXPECT_TRUE(run_until(
        client.loop,
        [&] {
            return client.execute({"GET", lost}).text == "1";
        },
        20s));
    const auto took = std::chrono::steady_clock::now() - begin;
    std::printf(
        "reads again %d ms after a master died\n",
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
    EXPECT_TRUE(run_until(
        client.loop, [&] { return client.client->connected(); }, 5s));
}

TEST(ClusterClient, SaysWhenTheServerIsNoCluster) {
    testing::TcpRedis server;
    net::io_context loop;
    RedisOptions options;
    options.address.kind = RedisAddress::Kind::cluster;
    options.address.endpoints = {server.endpoint()};
    RedisClient client(loop.get_executor(), options);
    client.start();
    EXPECT_EQ(run_to_end(loop, client.wait_ready(5s)).error(), RedisError::refused);
    EXPECT_NE(client.last_refusal().find("cluster support disabled"), std::string::npos);
}

// Client, tracker and loader over one cache, as a node of the product has them.
class ClusterNode {
  public:
    explicit ClusterNode(const ClusterServers& servers)
        : reader(cache),
          client(loop.get_executor(), client_options(servers)),
          tracker(loop.get_executor(), cache, tracker_options(servers)),
          loader(client, nullptr, cache, {{"c:", decode}}) {
        client.start();
        tracker.start();
        EXPECT_TRUE(run_to_end(loop, client.wait_ready(5s)));
        EXPECT_TRUE(coherent());
    }

    bool coherent(std::chrono::milliseconds within = 5s) {
        return run_until(
            loop, [&] { return tracker.coherent(); }, within);
    }
    // What a look-up answers: memory's fresh entry, or else Redis'.
    std::string text(const std::string& key) {
        {
            auto guard = reader.enter();
            const auto found = guard.find(key, NearCache::Clock::now());
            if (found.trust == NearCache::Trust::fresh) {
                ++from_memory;
                return found.entry != nullptr ? found.as<Text>().text() : "";
            }
        }
        const Loaded loaded = run_to_end(loop, loader.load(key));
        if (loaded.state == LoadState::store_down) return "down";
        return loaded.entry ? static_cast<const Text&>(*loaded.entry).text() : "";
    }
    bool becomes(const std::string& key, const std::string& value) {
        return run_until(
            loop, [&] { return text(key) == value; }, 5s);
    }
    bool remembers(const std::string& key) {
        return run_until(
            loop,
            [&] {
                const int before = from_memory;
                text(key);
                return from_memory > before;
            },
            5s);
    }

  private:
    static EntryPtr decode(std::string_view, std::string_view bytes) {
        return EntryPtr(new Text(std::string(bytes)));
    }
    RedisOptions client_options(const ClusterServers& servers) {
        RedisOptions options;
        options.address = servers.address();
        options.on_redirected = [this](std::string_view key) { cache.invalidate(key); };
        return options;
    }
    static TrackerOptions tracker_options(const ClusterServers& servers) {
        TrackerOptions options;
        options.address = servers.address();
        options.node = "n1";
        options.heartbeat = 50ms;
        options.silence = 300ms;
        return options;
    }

  public:
    net::io_context loop;
    NearCache cache{{}};
    NearCache::Reader reader;
    RedisClient client;
    Tracker tracker;
    Loader loader;
    int from_memory = 0;
};

TEST(ClusterTracker, HearsChangesOnEveryMaster) {
    ClusterServers& servers = shared_cluster();
    ClusterNode node(servers);
    ClusterClient other(servers);
    EXPECT_EQ(node.tracker.pairs(), 3u);
    for (const unsigned slot : {20u, 8000u, 16000u}) {
        const std::string key = "c:l:" + key_in(slot, "x");
        other.execute({"SET", key, "one"});
        ASSERT_TRUE(node.becomes(key, "one"));
        ASSERT_TRUE(node.remembers(key));
        other.execute({"SET", key, "two"});
        EXPECT_TRUE(node.becomes(key, "two"));
    }
}

TEST(ClusterTracker, DropsWhatASlotHeldAndHearsItsNewMaster) {
    ClusterServers& servers = shared_cluster();
    ClusterNode node(servers);
    ClusterClient other(servers);
    const std::string key = "c:l:" + key_in(30, "x");
    const unsigned slot = slot_of(key);
    const std::size_t from = slot < 5461 ? 0 : slot < 10922 ? 1 : 2, to = (from + 1) % 3;
    other.execute({"SET", key, "one"});
    ASSERT_TRUE(node.becomes(key, "one"));
    ASSERT_TRUE(node.remembers(key));
    servers.move_slot(slot, from, to, true);
    EXPECT_TRUE(node.becomes(key, "one"));
    other.execute({"SET", key, "two"});  // told by the one that has it, but does not own it yet
    EXPECT_TRUE(node.becomes(key, "two"));
    servers.servers[to]->command(
        {"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", servers.id(to)});
    servers.servers[from]->command(
        {"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", servers.id(to)});
    ASSERT_TRUE(node.remembers(key));
    other.execute({"SET", key, "three"});
    EXPECT_TRUE(node.becomes(key, "three"));
    servers.move_slot(slot, to, from);
    other.execute({"SET", key, "four"});
    EXPECT_TRUE(node.becomes(key, "four"));
}

TEST(ClusterTracker, DistrustsAllUntilALostMastersSuccessorIsHeard) {
    ClusterServers servers(3, 1);
    ClusterNode node(servers);
    ClusterClient other(servers);
    const std::string key = "c:l:{7}x";
    const unsigned slot = slot_of(key);
    const std::size_t owner = slot < 5461 ? 0 : slot < 10922 ? 1 : 2;
    other.execute({"SET", key, "one"});
    servers.servers[owner]->command({"WAIT", "1", "1000"});
    ASSERT_TRUE(node.becomes(key, "one"));
    ASSERT_TRUE(node.remembers(key));
    servers.servers[owner]->kill();
    ASSERT_TRUE(run_until(
        node.loop, [&] { return !node.tracker.coherent(); }, 2s));
    EXPECT_EQ(node.text(key), "down");
    EXPECT_TRUE(node.coherent(20s));
    ASSERT_TRUE(node.becomes(key, "one"));
    ASSERT_TRUE(node.remembers(key));
    ASSERT_TRUE(run_until(
        other.loop,
        [&] {
            return other.execute({"SET", key, "two"}).text == "OK";
        },
        5s));
    EXPECT_TRUE(node.becomes(key, "two"));
}

}  // namespace
}  // namespace redirector::store
