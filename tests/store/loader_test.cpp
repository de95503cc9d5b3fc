#include "redirector/store/loader.hpp"

#include "tests/store/redis_fixture.hpp"
#include "tests/store/text_entry.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using testing::RedisServer;
using testing::run_to_end;
using testing::run_until;
using testing::Text;
using Presence = NearCache::Presence;

EntryPtr decode_plain(std::string_view, std::string_view bytes) {
    return bytes == "corrupt" ? nullptr : EntryPtr(new Text(std::string(bytes)));
}
EntryPtr decode_named(std::string_view name, std::string_view bytes) {
    return EntryPtr(new Text(std::string(name) + "=" + std::string(bytes)));
}

class LoaderTest : public ::testing::Test {
  protected:
    LoaderTest()
        : client(loop.get_executor(), options()),
          loader(client, nullptr, cache, {{"c:", decode_plain}, {"c:n:", decode_named}}) {
        client.start();
        EXPECT_TRUE(run_to_end(loop, client.wait_ready(5s)));
    }
    RedisOptions options() const {
        RedisOptions options;
        options.address = server.address();
        return options;
    }
    Loaded load(std::string key) { return run_to_end(loop, loader.load(std::move(key))); }
    static std::string text(const Loaded& loaded) {
        return loaded.entry ? static_cast<const Text&>(*loaded.entry).text() : "";
    }
    long long gets() {
        const std::string info = server.command({"INFO", "commandstats"}).text;
        const std::size_t at = info.find("cmdstat_get:calls=");
        return at == std::string::npos ? 0 : std::stoll(info.substr(at + 18));
    }
    Presence cached(std::string_view key) {
        NearCache::Reader reader(cache);
        return reader.enter().find(key, NearCache::Clock::now()).presence;
    }
    // Begins a load whose result will be in the vector at `slot`.
    void begin(std::vector<Loaded>& results, std::size_t slot, std::string key) {
        net::co_spawn(loop, loader.load(std::move(key)),
                      [&results, slot](std::exception_ptr, Loaded loaded) {
                          results[slot] = std::move(loaded);
                      });
    }

    RedisServer server;
    net::io_context loop;
    NearCache cache{{}};
    RedisClient client;
    Loader loader;
};

TEST_F(LoaderTest, AnswersEveryKeyInOrder) {
    server.command({"MSET", "c:a", "one", "c:n:b", "two", "c:bad", "corrupt", "other", "x"});
    server.command({"HSET", "c:hash", "f", "v"});
    const std::vector<std::string> keys = {"c:a",    "c:missing", "c:n:b", "c:bad",
                                           "c:hash", "other",     "c:a"};
    const auto results = run_to_end(loop, loader.load(keys));
    ASSERT_EQ(results.size(), 7u);
    EXPECT_EQ(text(results[0]), "one");
    EXPECT_EQ(results[1].state, LoadState::absent);
    EXPECT_EQ(text(results[2]), "b=two");  // by the longest prefix, told its name
    EXPECT_EQ(results[3].state, LoadState::corrupt);
    EXPECT_EQ(results[4].state, LoadState::corrupt);
    EXPECT_EQ(results[5].state, LoadState::corrupt);  // nobody decodes it
    EXPECT_EQ(results[6].entry, results[0].entry);
    EXPECT_EQ(gets(), 6);
    EXPECT_EQ(cached("c:a"), Presence::present);
    EXPECT_EQ(cached("c:missing"), Presence::absent);
    EXPECT_EQ(cached("c:bad"), Presence::miss);
    EXPECT_TRUE(run_to_end(loop, loader.load(std::span<const std::string>{})).empty());
    EXPECT_EQ(loader.in_flight(), 0u);
}

TEST_F(LoaderTest, FetchesAKeyOnceForAllWhoWait) {
    server.command({"SET", "c:a", "one"});
    std::vector<Loaded> results(50);
    for (std::size_t i = 0; i < results.size(); ++i)
        begin(results, i, "c:a");
    ASSERT_TRUE(run_until(loop, [&] { return results.back().state == LoadState::present; }));
    for (const Loaded& result : results)
        EXPECT_EQ(result.entry, results[0].entry);
    EXPECT_EQ(gets(), 1);
}

TEST_F(LoaderTest, FetchesAgainForThoseWhoComeAfterAnInvalidation) {
    server.command({"SET", "c:a", "one"});
    std::vector<Loaded> results(2);
    server.pause();
    begin(results, 0, "c:a");
    run_until(
        loop, [] { return false; }, 20ms);
    cache.invalidate("c:a");
    begin(results, 1, "c:a");
    run_until(
        loop, [] { return false; }, 20ms);
    EXPECT_EQ(loader.in_flight(), 1u);
    server.resume();
    ASSERT_TRUE(run_until(loop, [&] { return results[1].state == LoadState::present; }));
    EXPECT_EQ(results[0].state, LoadState::present);
    EXPECT_NE(results[0].entry, results[1].entry);
    EXPECT_EQ(gets(), 2);
    EXPECT_EQ(loader.in_flight(), 0u);
    EXPECT_EQ(cache.counters().refused_publishes, 1u);
}

TEST_F(LoaderTest, GivesUpAfterHalfASecond) {
    server.pause();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(load("c:a").state, LoadState::store_down);
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_GE(took, 490ms);
    EXPECT_LT(took, 900ms);
    EXPECT_EQ(load("c:a").state, LoadState::store_down);
    EXPECT_LT(std::chrono::steady_clock::now() - start - took, 50ms);
    EXPECT_EQ(loader.in_flight(), 0u);
}

TEST_F(LoaderTest, CallsARefusalToReadStoreDown) {
    server.command({"SET", "c:a", "one"});
    server.command({"ACL", "SETUSER", "default", "-get"});
    EXPECT_EQ(load("c:a").state, LoadState::store_down);
}

TEST_F(LoaderTest, MayDieWhileKeysAreFetched) {
    server.command({"SET", "c:a", "one"});
    auto own = std::make_unique<Loader>(client, nullptr, cache,
                                        std::vector<Decoder>{{"c:", decode_plain}});
    bool done = false;
    LoadState state = LoadState::present;
    net::co_spawn(loop, own->load(std::string("c:a")), [&](std::exception_ptr, Loaded loaded) {
        done = true;
        state = loaded.state;
    });
    loop.restart();
    loop.poll_one();
    own.reset();
    ASSERT_TRUE(run_until(loop, [&] { return done; }));
    EXPECT_EQ(state, LoadState::store_down);
    EXPECT_EQ(cached("c:a"), Presence::miss);
}

// Values of four bytes and more under c:long: stay with the workers until the test lets them go.
class LongValuesTest : public LoaderTest {
  protected:
    ~LongValuesTest() override { let_go(); }

    EntryPtr decode(std::string_view bytes) {
        const bool aside = std::this_thread::get_id() != own;
        ++(aside ? aside_count : own_count);
        if (aside) gate.wait();
        return decode_plain({}, bytes);
    }
    void let_go() {
        if (!std::exchange(open, true)) opening.set_value();
    }
    // Begins a load and waits until a worker has its value.
    void begin_long(std::vector<Loaded>& results, std::size_t slot, std::string key) {
        const int before = aside_count;
        begin(results, slot, std::move(key));
        ASSERT_TRUE(run_until(loop, [&] { return aside_count > before; }));
    }
    bool arrived(const Loaded& loaded) {
        return run_until(loop, [&] { return loaded.state == LoadState::present; });
    }

    const std::thread::id own = std::this_thread::get_id();
    std::promise<void> opening;
    const std::shared_future<void> gate = opening.get_future().share();
    bool open = false;
    std::atomic<int> aside_count = 0;
    std::atomic<int> own_count = 0;
    WorkerPool workers{1, 2};
    const Decoder slow{
        "c:long:", [this](std::string_view, std::string_view bytes) { return decode(bytes); },
        &workers, 4};
    std::unique_ptr<Loader> long_loader = std::make_unique<Loader>(
        client, nullptr, cache, std::vector<Decoder>{{"c:", decode_plain}, slow});

    void begin(std::vector<Loaded>& results, std::size_t slot, std::string key) {
        net::co_spawn(loop, long_loader->load(std::move(key)),
                      [&results, slot](std::exception_ptr, Loaded loaded) {
                          results[slot] = std::move(loaded);
                      });
    }
};

TEST_F(LongValuesTest, HoldNobodyElseUp) {
    server.command({"MSET", "c:long:a", "first", "c:long:b", "few", "c:c", "other account"});
    std::vector<Loaded> results(2);
    begin_long(results, 0, "c:long:a");
    EXPECT_EQ(text(run_to_end(loop, long_loader->load(std::string("c:c")))), "other account");
    EXPECT_EQ(text(run_to_end(loop, long_loader->load(std::string("c:long:b")))), "few");
    EXPECT_EQ(own_count, 1);
    EXPECT_EQ(results[0].entry, nullptr);
    EXPECT_EQ(cached("c:long:a"), Presence::miss);
    let_go();
    ASSERT_TRUE(arrived(results[0]));
    EXPECT_EQ(text(results[0]), "first");
    EXPECT_EQ(cached("c:long:a"), Presence::present);
    EXPECT_EQ(long_loader->in_flight(), 0u);
}

TEST_F(LongValuesTest, AreDecodedOnceForAllWhoWait) {
    server.command({"SET", "c:long:a", "first"});
    std::vector<Loaded> results(3);
    begin(results, 0, "c:long:a");
    begin_long(results, 1, "c:long:a");
    begin(results, 2, "c:long:a");  // who comes while it is being decoded
    let_go();
    for (const Loaded& result : results) {
        ASSERT_TRUE(arrived(result));
        EXPECT_EQ(result.entry, results[0].entry);
    }
    EXPECT_EQ(aside_count, 1);
    EXPECT_EQ(gets(), 1);
}

TEST_F(LongValuesTest, AreNotKeptWhenOvertaken) {
    server.command({"SET", "c:long:a", "first"});
    std::vector<Loaded> results(2);
    begin_long(results, 0, "c:long:a");
    server.command({"SET", "c:long:a", "second"});
    cache.invalidate("c:long:a");
    begin(results, 1, "c:long:a");
    let_go();
    ASSERT_TRUE(arrived(results[0]));
    EXPECT_EQ(text(results[0]), "first");
    ASSERT_TRUE(arrived(results[1]));
    EXPECT_EQ(text(results[1]), "second");
    EXPECT_EQ(cache.counters().refused_publishes, 1u);
    NearCache::Reader reader(cache);
    EXPECT_EQ(reader.enter().find("c:long:a", NearCache::Clock::now()).entry,
              results[1].entry.get());
}

TEST_F(LongValuesTest, AreDecodedAtOnceWhenTheQueueIsFull) {
    server.command({"MSET", "c:long:a", "first", "c:long:b", "second", "c:long:c", "third"});
    std::vector<Loaded> results(2);
    begin_long(results, 0, "c:long:a");
    begin(results, 1, "c:long:b");
    EXPECT_EQ(text(run_to_end(loop, long_loader->load(std::string("c:long:c")))), "third");
    EXPECT_EQ(own_count, 1);
    let_go();
    ASSERT_TRUE(arrived(results[1]));
    EXPECT_EQ(text(results[1]), "second");
}

TEST_F(LongValuesTest, ThatNobodyCanReadAreCorrupt) {
    server.command({"SET", "c:long:a", "corrupt"});
    std::vector<Loaded> results(1);
    begin_long(results, 0, "c:long:a");
    let_go();
    EXPECT_TRUE(run_until(loop, [&] { return results[0].state == LoadState::corrupt; }));
    EXPECT_EQ(cached("c:long:a"), Presence::miss);
}

TEST_F(LongValuesTest, MayOutliveTheLoader) {
    server.command({"SET", "c:long:a", "first"});
    bool done = false;
    LoadState state = LoadState::present;
    net::co_spawn(loop, long_loader->load(std::string("c:long:a")),
                  [&](std::exception_ptr, Loaded loaded) {
                      done = true;
                      state = loaded.state;
                  });
    ASSERT_TRUE(run_until(loop, [&] { return aside_count > 0; }));
    long_loader.reset();
    let_go();
    ASSERT_TRUE(run_until(loop, [&] { return done; }));
    EXPECT_EQ(state, LoadState::store_down);
    EXPECT_EQ(cached("c:long:a"), Presence::miss);
}

}  // namespace
}  // namespace redirector::store
