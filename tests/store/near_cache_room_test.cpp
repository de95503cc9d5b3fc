// The near cache's room: its bounds, what it gives up first, what an entry costs.
#include "tests/store/cached_values.hpp"
#include "tests/store/memory_in_use.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace redirector::store {
namespace {

using testing::Cache;
using testing::small;
using testing::value;
using testing::Value;

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

}  // namespace
}  // namespace redirector::store
