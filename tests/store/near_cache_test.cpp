// What the near cache finds, and how far it is believed.
#include "tests/store/cached_values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using Presence = NearCache::Presence;
using Trust = NearCache::Trust;
using TimePoint = NearCache::TimePoint;
using testing::Cache;
using testing::small;
using testing::value;
using testing::Value;

TEST(NearCache, FindsWhatWasPublished) {
    Cache cache;
    EXPECT_EQ(cache.get("a"), -2);
    EXPECT_TRUE(cache.put("a", value(1)));
    EXPECT_TRUE(cache.put("b", nullptr));
    EXPECT_EQ(cache.get("a"), 1);
    EXPECT_EQ(cache.get("b"), -1);
    EXPECT_TRUE(cache.put("a", value(2)));
    EXPECT_TRUE(cache.put("b", value(3)));
    EXPECT_EQ(cache.get("a"), 2);
    EXPECT_EQ(cache.get("b"), 3);
    EXPECT_EQ(cache.get(""), -2);
    EXPECT_EQ(cache.get("aa"), -2);
}

TEST(NearCache, ForgetsWhatWasInvalidated) {
    Cache cache;
    cache.put("a", value(1));
    cache.put("b", value(2));
    cache.cache.invalidate("a");
    cache.cache.invalidate("never there");
    EXPECT_EQ(cache.get("a"), -2);
    EXPECT_EQ(cache.get("b"), 2);
    EXPECT_EQ(cache.cache.counters().invalidations, 2u);
}

// What a miss has to offer in case that Redis is lost; -2: nothing.
int superseded(Cache& cache, std::string_view key) {
    auto guard = cache.reader.enter();
    const auto found = guard.find(key, cache.now);
    EXPECT_EQ(found.presence, Presence::miss);
    return found.superseded ? static_cast<const Value*>(found.superseded)->number() : -2;
}

TEST(NearCache, KeepsWhatWasInvalidatedForWantOfAnythingBetter) {
    Cache cache;
    cache.put("a", value(1));
    cache.put("absent", nullptr);
    cache.cache.heard(cache.now);
    cache.cache.invalidate("a");
    cache.cache.invalidate("a");
    cache.cache.invalidate("absent");
    EXPECT_EQ(superseded(cache, "a"), 1);
    EXPECT_EQ(superseded(cache, "absent"), -2);
    EXPECT_EQ(cache.cache.counters().entries, 0u);
    EXPECT_TRUE(cache.put("a", value(2)));
    EXPECT_EQ(cache.get("a"), 2);
    cache.cache.invalidate("a");
    EXPECT_EQ(superseded(cache, "a"), 2);
    EXPECT_EQ(Value::living, 1);
}

TEST(NearCache, ForgetsWhatWasInvalidatedOnceRedisHasBeenHeardLongAfter) {
    Cache cache;
    const auto seconds = [&cache](int count) {
        for (int i = 0; i < count; ++i) {
            cache.now += 1s;
            cache.cache.heard(cache.now);
            cache.cache.advance(cache.now);
        }
    };
    seconds(1);
    cache.put("a", value(1));
    cache.put("b", value(2));
    cache.cache.invalidate("a");
    seconds(4);
    EXPECT_EQ(superseded(cache, "a"), 1);
    seconds(2);
    cache.cache.invalidate("b");
    EXPECT_EQ(superseded(cache, "a"), 1);
    seconds(5);
    EXPECT_EQ(superseded(cache, "a"), -2);
    EXPECT_EQ(superseded(cache, "b"), 2);
    EXPECT_EQ(Value::living, 1);
}

TEST(NearCache, KeepsWhatWasInvalidatedWhileRedisIsAwayForADayAtMost) {
    Cache cache;
    cache.put("a", value(1));
    cache.cache.heard(cache.now);
    cache.cache.invalidate("a");
    cache.cache.distrust(cache.now);
    for (int hour = 0; hour < 24; ++hour) {
        EXPECT_EQ(superseded(cache, "a"), 1);
        cache.now += 3599s;
        cache.cache.advance(cache.now);
    }
    cache.now += 25s;
    cache.cache.advance(cache.now);
    EXPECT_EQ(superseded(cache, "a"), -2);
}

TEST(NearCache, GivesUpWhatWasInvalidatedBeforeWhatIsRight) {
    Cache cache;
    for (int i = 0; i < 100; ++i) {
        const std::string key = "old" + std::to_string(i);
        cache.put(key, value(i, 1'000));
        cache.cache.invalidate(key);
    }
    const auto room = cache.cache.capacity_bytes() / 2 / 1'100;
    for (std::size_t i = 0; i < room; ++i)
        cache.put("new" + std::to_string(i), value(1, 1'000));
    EXPECT_EQ(cache.cache.counters().evictions, 0u);
    EXPECT_EQ(cache.cache.counters().entries, room);
    // The oldest of what was superseded goes first, and takes nothing else with it.
    std::size_t more = 0;
    for (; superseded(cache, "old99") == 99 && more < room; ++more)
        cache.put("more" + std::to_string(more), value(1, 1'000));
    EXPECT_LT(more, room);
    EXPECT_EQ(superseded(cache, "old0"), -2);
    EXPECT_EQ(cache.cache.counters().evictions, 0u);
    EXPECT_EQ(cache.cache.counters().entries, room + more);
}

TEST(NearCache, RefusesAReplyOvertakenByAnInvalidation) {
    Cache cache;
    const auto ticket = cache.cache.begin_fetch("a");
    EXPECT_TRUE(cache.cache.current(ticket));
    cache.cache.invalidate("a");
    EXPECT_FALSE(cache.cache.current(ticket));
    EXPECT_FALSE(cache.cache.publish(ticket, "a", value(1)));
    EXPECT_EQ(cache.get("a"), -2);
    EXPECT_EQ(cache.cache.counters().refused_publishes, 1u);
    EXPECT_TRUE(cache.put("a", value(2)));
    EXPECT_EQ(cache.get("a"), 2);
}

TEST(NearCache, LetsOtherKeysPassWhileOneIsInvalidated) {
    Cache cache;
    int kept = 0;
    for (int i = 0; i < 100; ++i) {
        const std::string key = "k" + std::to_string(i);
        const auto ticket = cache.cache.begin_fetch(key);
        cache.cache.invalidate("other");
        kept += cache.cache.publish(ticket, key, value(i)) ? 1 : 0;
    }
    EXPECT_GE(kept, 90);  // keys share epochs, one in 256
}

TEST(NearCache, TrustsNothingBeforeAHeartbeat) {
    Cache cache;
    cache.put("a", value(1));
    EXPECT_EQ(cache.trust("a"), Trust::suspect);
    cache.cache.heard(cache.now);
    EXPECT_EQ(cache.trust("a"), Trust::fresh);
}

TEST(NearCache, TrustsForFiveSecondsAfterAHeartbeat) {
    Cache cache;
    cache.put("a", value(1));
    cache.cache.heard(cache.now);
    cache.now += 5s;
    EXPECT_EQ(cache.trust("a"), Trust::fresh);
    cache.now += 1ms;
    EXPECT_EQ(cache.trust("a"), Trust::suspect);
    cache.cache.heard(cache.now - 1s);
    EXPECT_EQ(cache.trust("a"), Trust::fresh);
}

TEST(NearCache, SuspectsEverythingFromBeforeADistrust) {
    Cache cache;
    cache.put("a", value(1));
    cache.put("b", nullptr);
    cache.cache.heard(cache.now);
    cache.cache.distrust(cache.now);
    EXPECT_EQ(cache.trust("a"), Trust::suspect);
    cache.put("c", value(3));
    EXPECT_EQ(cache.trust("c"), Trust::suspect);  // nobody would tell us of its change yet
    cache.cache.heard(cache.now);
    EXPECT_EQ(cache.trust("a"), Trust::suspect);
    EXPECT_EQ(cache.trust("b"), Trust::suspect);
    EXPECT_EQ(cache.trust("c"), Trust::fresh);
    EXPECT_EQ(cache.get("a"), 1);
    cache.put("a", value(2));
    EXPECT_EQ(cache.trust("a"), Trust::fresh);
    EXPECT_EQ(cache.cache.counters().distrusts, 1u);
}

TEST(NearCache, SuspectsWhatWasFetchedAcrossADistrust) {
    Cache cache;
    const auto ticket = cache.cache.begin_fetch("a");
    cache.cache.distrust(cache.now);
    cache.cache.heard(cache.now);
    EXPECT_FALSE(cache.cache.current(ticket));
    EXPECT_TRUE(cache.cache.publish(ticket, "a", value(1)));
    EXPECT_EQ(cache.trust("a"), Trust::suspect);
    cache.put("a", value(2));
    EXPECT_FALSE(cache.cache.publish(ticket, "a", value(1)));  // an older reply over a newer one
    EXPECT_EQ(cache.get("a"), 2);
}

TEST(NearCache, StopsServingStaleAfterADay) {
    Cache cache;
    cache.put("a", value(1));
    cache.cache.heard(cache.now);
    cache.now += 24h;
    EXPECT_EQ(cache.trust("a"), Trust::suspect);
    cache.now += 1ms;
    EXPECT_EQ(cache.trust("a"), Trust::expired);
}

TEST(NearCache, CountsTheDayFromTheLastTimeAnEntryWasKnownGood) {
    Cache cache;
    const TimePoint start = cache.now;
    cache.put("old", value(1));
    cache.cache.heard(start);
    cache.cache.heard(start + 10h);
    cache.cache.distrust(start + 11h);  // "old" was good until the heartbeat at 10 h
    cache.put("new", value(2));
    cache.cache.heard(start + 12h);
    cache.now = start + 34h;
    cache.cache.advance(cache.now);
    EXPECT_EQ(cache.trust("old"), Trust::suspect);
    EXPECT_EQ(cache.trust("new"), Trust::suspect);
    cache.now += 1ms;
    cache.cache.advance(cache.now);
    EXPECT_EQ(cache.trust("old"), Trust::expired);
    EXPECT_EQ(cache.trust("new"), Trust::suspect);
    cache.now = start + 36h + 1ms;
    EXPECT_EQ(cache.trust("new"), Trust::expired);
}

TEST(NearCache, ExpiresEveryGenerationOfAFlappingConnection) {
    Cache cache;
    const TimePoint start = cache.now;
    for (int i = 0; i < 1000; ++i) {
        cache.put("k" + std::to_string(i), value(i));
        cache.cache.distrust(start + i * 1s);
    }
    cache.now = start + 24h + 1000s + 1ms;
    cache.cache.advance(cache.now);
    for (int i = 0; i < 1000; ++i)
        ASSERT_EQ(cache.trust("k" + std::to_string(i)), Trust::expired);
}

TEST(NearCache, KeepsAnEntryAliveForItsReaders) {
    const int before = Value::living;
    Cache cache;
    cache.put("a", value(7));
    EntryPtr kept;
    {
        auto guard = cache.reader.enter();
        const auto found = guard.find("a", cache.now);
        cache.cache.invalidate("a");
        cache.forget_superseded();
        cache.put("b", value(8));
        EXPECT_EQ(found.as<Value>().number(), 7);
        EXPECT_EQ(Value::living, before + 2);
        {
            auto nested = cache.reader.enter();
            EXPECT_EQ(nested.find("a", cache.now).presence, Presence::miss);
        }
        cache.cache.invalidate("b");
        cache.forget_superseded();
        EXPECT_EQ(found.as<Value>().number(), 7);
        kept = found.keep();
    }
    cache.cache.invalidate("c");  // any write frees what no reader sees any more
    EXPECT_EQ(Value::living, before + 1);
    EXPECT_EQ(static_cast<const Value&>(*kept).number(), 7);
    kept.reset();
    EXPECT_EQ(Value::living, before);
}

TEST(NearCache, CountsWhatItDoes) {
    Cache cache;
    cache.put("a", value(1));
    cache.put("n", nullptr);
    cache.get("a");
    cache.get("a");
    cache.get("n");
    cache.get("missing");
    {
        NearCache::Reader other(cache.cache);
        auto guard = other.enter();
        guard.find("a", cache.now);
        guard.served_stale();
    }
    const auto counters = cache.cache.counters();
    EXPECT_EQ(counters.hits, 3u);
    EXPECT_EQ(counters.negative_hits, 1u);
    EXPECT_EQ(counters.misses, 1u);
    EXPECT_EQ(counters.stale_served, 1u);
    EXPECT_EQ(counters.entries, 2u);
}

TEST(NearCache, PrefetchesWithoutATrace) {
    Cache cache;
    cache.put("here", value(1));
    cache.put("absent", nullptr);
    cache.put("changed", value(2));
    cache.cache.invalidate("changed");
    const NearCacheCounters before = cache.cache.counters();
    {
        NearCache::Prefetch ahead(cache.reader);
        for (int i = 0; i < 100; ++i)  // more than it takes
            for (const char* key : {"here", "absent", "changed", "never there", ""})
                ahead.add(key);
        ahead.finish();
    }
    const NearCacheCounters after = cache.cache.counters();
    EXPECT_EQ(after.hits + after.negative_hits + after.misses,
              before.hits + before.negative_hits + before.misses);
    EXPECT_EQ(cache.get("here"), 1);
    EXPECT_EQ(cache.get("changed"), -2);
}

// ---- Threads
// --------------------------------------------------------------------------------------

// Readers and writers at once: no reader ever sees another key's value, a freed one, or one older
// than an invalidation that had been handled before it looked.
TEST(NearCache, ServesReadersWhileWritersChangeEverything) {
    constexpr int kKeys = 200;
    constexpr int kVersions = 1'000'000;
    NearCacheOptions options = small();  // too small for all keys, so evictions happen too
    options.shards = 2;
    options.heartbeat_bound = 1ms;  // what is superseded is forgotten all the time
    NearCache cache(options);
    std::array<std::atomic<int>, kKeys> invalidated{};  // version that readers must not see below
    std::array<std::atomic<int>, kKeys> stored{};       // what "Redis" holds
    std::atomic<bool> stop = false;
    std::atomic<int> wrong = 0;
    std::atomic<int> reading = 0;

    const auto reads = [&] {
        NearCache::Reader reader(cache);
        std::mt19937 random(std::random_device{}());
        ++reading;
        while (!stop) {
            const int key = static_cast<int>(random() % kKeys);
            const int at_least = invalidated[static_cast<std::size_t>(key)];
            const std::string name = "key" + std::to_string(key);
            {
                NearCache::Prefetch ahead(reader);
                ahead.add(name);
                ahead.finish();
            }
            auto guard = reader.enter();
            const auto found = guard.find(name, NearCache::Clock::now());
            if (const auto* old = static_cast<const Value*>(found.superseded))
                wrong += old->number() / kVersions != key;
            if (found.presence != Presence::present) continue;
            const int number = found.as<Value>().number();
            if (number / kVersions != key || number % kVersions < at_least) ++wrong;
        }
    };
    const auto writes = [&](int own) {
        // Until readers have seen enough; a busy machine may keep them waiting.
        const auto until = NearCache::Clock::now() + 10s;
        for (int version = 1; version < kVersions; ++version) {
            const bool enough = version > 100 && cache.counters().hits > 1'000;
            if (enough || NearCache::Clock::now() > until) return;
            const auto now = NearCache::Clock::now();
            cache.heard(now);
            cache.advance(now);
            for (int key = own; key < kKeys; key += 2) {
                const auto at = static_cast<std::size_t>(key);
                const std::string name = "key" + std::to_string(key);
                // The other writer's keys are only fetched, so a fetch and an invalidation do race.
                const int other = key ^ 1;
                const std::string other_name = "key" + std::to_string(other);
                const auto ticket = cache.begin_fetch(other_name);
                const int seen = stored[static_cast<std::size_t>(other)];
                stored[at] = version;
                cache.invalidate(name);
                invalidated[at] = version;
                cache.publish(ticket, other_name, value(other * kVersions + seen, 10'000));
            }
        }
    };
    std::thread first_reader(reads), second_reader(reads);
    while (reading < 2)
        std::this_thread::yield();
    std::thread first_writer(writes, 0), second_writer(writes, 1);
    first_writer.join();
    second_writer.join();
    stop = true;
    first_reader.join();
    second_reader.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(cache.counters().hits, 0u);
    EXPECT_GT(cache.counters().evictions, 0u);
}

}  // namespace
}  // namespace redirector::store
