// A near cache with one reader, and values that say their size and count their living.
#pragma once

#include "redirector/store/near_cache.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

namespace redirector::store::testing {

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

inline EntryPtr value(int number, std::size_t bytes = 100) {
    return new Value(number, bytes);
}

inline NearCacheOptions small(std::size_t bytes = 1 << 20) {
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
        if (found.presence == NearCache::Presence::miss) return -2;
        return found.presence == NearCache::Presence::absent ? -1 : found.as<Value>().number();
    }
    NearCache::Trust trust(std::string_view key) {
        auto guard = reader.enter();
        return guard.find(key, now).trust;
    }

    void forget_superseded() {
        for (int bound = 0; bound < 2; ++bound) {
            now += std::chrono::seconds(5);
            cache.heard(now);
            cache.advance(now);
        }
    }

    NearCache cache;
    NearCache::Reader reader;
    NearCache::TimePoint now = NearCache::Clock::now();
};

}  // namespace redirector::store::testing
