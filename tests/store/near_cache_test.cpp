#include "redirector/store/near_cache.hpp"

#include "tests/store/memory_in_use.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <list>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using Presence = NearCache::Presence;
using Trust = NearCache::Trust;
using TimePoint = NearCache::TimePoint;

// A value that says its size and counts its living.
class Value final : public CacheEntry {
  public:
    explicit Value(int number, std::size_t bytes = 100) : number_(number), bytes_(bytes) {
        ++living;
    }
    ~Value() override { --living; }
    std::size_t bytes() const noexcept override { return bytes_; }
    int number() const { return number_; }

    static inline std::atomic<int> living = 0;

  private:
    int number_;
    std::size_t bytes_;
};

EntryPtr value(int number, std::size_t bytes = 100) {
    return new Value(number, bytes);
}

NearCacheOptions small(std::size_t bytes = 1 << 20) {
    NearCacheOptions options;
    options.capacity_bytes = bytes;
    options.shards = 1;
    return options;
}

// A cache with one reader, at a time of its own.
class Cache {
  public:
    explicit Cache(NearCacheOptions options = small()) : cache(options), reader(cache) {}

    bool put(std::string_view key, EntryPtr entry) {
        return cache.publish(cache.begin_fetch(key), key, std::move(entry));
    }
    // The number found, -1 for known absent, -2 for a miss.
    int get(std::string_view key) {
        auto guard = reader.enter();
        const auto found = guard.find(key, now);
        if (found.presence == Presence::miss) return -2;
        return found.presence == Presence::absent ? -1 : found.as<Value>().number();
    }
    Trust trust(std::string_view key) {
        auto guard = reader.enter();
        return guard.find(key, now).trust;
    }

    void forget_superseded() {
        for (int bound = 0; bound < 2; ++bound) {
            now += 5s;
            cache.heard(now);
            cache.advance(now);
        }
    }

    NearCache cache;
    NearCache::Reader reader;
    TimePoint now = NearCache::Clock::now();
};

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

TEST(NearCache, StaysWithinItsBytes) {
    const int before = Value::living;
    {
        Cache cache(small(1 << 20));
        std::mt19937 random(1);
        for (int i = 0; i < 50'000; ++i) {
            cache.put("key" + std::to_string(i), i % 3 == 0 ? nullptr : value(i, random() % 2000));
            if (i % 1000 == 0) {
                ASSERT_LE(cache.cache.counters().bytes, std::size_t{1} << 20);
            }
        }
        const auto counters = cache.cache.counters();
        EXPECT_LE(counters.bytes, std::size_t{1} << 20);
        EXPECT_GE(counters.bytes, (std::size_t{1} << 20) * 9 / 10);
        EXPECT_EQ(counters.evictions + counters.entries, 50'000u);
        EXPECT_GT(counters.entries, 500u);
    }
    EXPECT_EQ(Value::living, before);
}

TEST(NearCache, HoldsRealEntriesAfterAFloodOfUnknownKeys) {
    Cache cache(small(1 << 20));
    for (int i = 0; i < 50'000; ++i)
        cache.put("guess" + std::to_string(i), nullptr);
    EXPECT_LE(cache.cache.counters().bytes, std::size_t{1} << 20);
    for (int i = 0; i < 5'000; ++i)
        cache.put("real" + std::to_string(i), value(i, 1000));
    const auto counters = cache.cache.counters();
    EXPECT_LE(counters.bytes, std::size_t{1} << 20);
    EXPECT_GE(counters.entries * 1000, (std::size_t{1} << 20) / 2);
}

TEST(NearCache, KeepsKeysOfEveryLength) {
    Cache cache;
    for (std::size_t size = 0; size <= 1024; size += size < 40 ? 1 : 41) {
        const std::string key(size, 'k');
        ASSERT_TRUE(cache.put(key, value(static_cast<int>(size))));
    }
    for (std::size_t size = 0; size <= 1024; size += size < 40 ? 1 : 41) {
        ASSERT_EQ(cache.get(std::string(size, 'k')), static_cast<int>(size));
    }
}

TEST(NearCache, RefusesWhatWouldPushOutEverythingElse) {
    Cache cache(small(1 << 20));
    EXPECT_FALSE(cache.put("large", value(1, 600'000)));
    EXPECT_FALSE(cache.put(std::string(2000, 'k'), value(1)));
    EXPECT_TRUE(cache.put("fits", value(1, 400'000)));
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

// ---- Eviction, against the textbook policies at the same number of entries
// ------------------------

// Popular keys by Zipf's law, and from time to time a run of keys that nobody asks for again.
std::vector<int> scan_and_zipf_trace() {
    constexpr int kKeys = 20'000;
    std::vector<double> weights;
    for (int i = 1; i <= kKeys; ++i)
        weights.push_back(1.0 / i);
    std::discrete_distribution<int> zipf(weights.begin(), weights.end());
    std::mt19937 random(42);
    std::vector<int> trace;
    int fresh = kKeys;
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < 5'000; ++i)
            trace.push_back(zipf(random));
        for (int i = 0; i < 2'000; ++i)
            trace.push_back(fresh++);
    }
    return trace;
}

std::size_t fifo_hits(const std::vector<int>& trace, std::size_t capacity) {
    std::unordered_set<int> held;
    std::deque<int> queue;
    std::size_t hits = 0;
    for (const int key : trace) {
        if (!held.insert(key).second) {
            ++hits;
            continue;
        }
        queue.push_back(key);
        if (queue.size() <= capacity) continue;
        held.erase(queue.front());
        queue.pop_front();
    }
    return hits;
}

std::size_t lru_hits(const std::vector<int>& trace, std::size_t capacity) {
    std::list<int> order;
    std::unordered_map<int, std::list<int>::iterator> held;
    std::size_t hits = 0;
    for (const int key : trace) {
        const auto found = held.find(key);
        if (found != held.end()) {
            ++hits;
            order.splice(order.begin(), order, found->second);
            continue;
        }
        held[key] = order.insert(order.begin(), key);
        if (held.size() <= capacity) continue;
        held.erase(order.back());
        order.pop_back();
    }
    return hits;
}

TEST(NearCache, KeepsPopularKeysThroughAScan) {
    const std::vector<int> trace = scan_and_zipf_trace();
    Cache cache(small(256 << 10));
    std::size_t hits = 0;
    std::size_t most_entries = 0;
    for (const int key : trace) {
        const std::string name = "c:l:" + std::to_string(1'000'000 + key);
        if (cache.get(name) >= 0) {
            ++hits;
        } else {
            cache.put(name, value(key));
            most_entries = std::max<std::size_t>(most_entries, cache.cache.counters().entries);
        }
    }
    const std::size_t fifo = fifo_hits(trace, most_entries);
    const std::size_t lru = lru_hits(trace, most_entries);
    RecordProperty("entries", static_cast<int>(most_entries));
    std::printf("hits of %zu: S3-FIFO %zu, LRU %zu, FIFO %zu\n", trace.size(), hits, lru, fifo);
    EXPECT_GT(hits, lru * 108 / 100);
    EXPECT_GT(hits, fifo * 115 / 100);
}

// ---- Memory
// ---------------------------------------------------------------------------------------

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// As little as an entry can be: a target beside the header.
class Target final : public CacheEntry {
  public:
    explicit Target(std::size_t size)
        : size_(static_cast<std::uint32_t>(size)), text_(std::make_unique<char[]>(size)) {}
    std::size_t bytes() const noexcept override {
        return heap_bytes(sizeof *this) + heap_bytes(size_);
    }

  private:
    std::uint32_t size_;
    std::unique_ptr<char[]> text_;
};

TEST(NearCache, CostsLittleBesideWhatItHolds) {
    constexpr int kEntries = 400'000;
    constexpr std::size_t kUrl = 72;              // 80 with the allocator's header
    constexpr double kHugePages = 2 * 2'097'152;  // the last of the table and of the nodes
    NearCacheOptions options;
    options.capacity_bytes = 108'000'000;
    const std::size_t before = testing::memory_in_use();
    NearCache cache(options);
    for (int i = 0; i < kEntries; ++i) {
        const std::string key = "c:l:" + std::to_string(1'000'000'000 + i);
        ASSERT_TRUE(cache.publish(cache.begin_fetch(key), key, EntryPtr(new Target(kUrl))));
    }
    const std::size_t used = testing::memory_in_use() - before;
    const auto counters = cache.counters();
    ASSERT_EQ(counters.entries, static_cast<std::size_t>(kEntries));
    const double each = static_cast<double>(used) / kEntries - kUrl;
    std::printf("%.1f bytes beside the target; %.1f as counted\n", each,
                static_cast<double>(counters.bytes) / kEntries - kUrl);
    EXPECT_LE(each, 112.0 + kHugePages / kEntries);
    EXPECT_NEAR(static_cast<double>(counters.bytes), static_cast<double>(used),
                0.1 * static_cast<double>(used) + kHugePages);
}

#endif

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
            auto guard = reader.enter();
            const auto found = guard.find("key" + std::to_string(key), NearCache::Clock::now());
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
