#include "redirector/store/loader.hpp"

#include "tests/store/redis_fixture.hpp"

#include <gtest/gtest.h>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using testing::RedisServer;
using testing::run_to_end;
using testing::run_until;
using Presence = NearCache::Presence;

class Text final : public CacheEntry {
  public:
    explicit Text(std::string text) : text_(std::move(text)) {}
    std::size_t bytes() const noexcept override { return sizeof *this + text_.capacity(); }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

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

}  // namespace
}  // namespace redirector::store
