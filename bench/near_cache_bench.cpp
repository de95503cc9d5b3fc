// Near cache: what a look-up, a publish and an entry cost, at a million redirections.
#include "redirector/store/near_cache.hpp"
#include "redirector/store/redirection.hpp"
#include "tests/store/memory_in_use.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace redirector::store;

constexpr int kEntries = 1'000'000;
constexpr std::size_t kTarget = 60;  // bytes of the target URL

std::string key(int number) {
    return "c:l:" + std::to_string(1'000'000'000 + number);
}

EntryPtr redirection(int number) {
    Redirection redirection;
    redirection.account = std::string(24, 'A');
    redirection.evrythng_id = std::string(24, 'U');
    redirection.target = "https://www.example.com/";
    redirection.target.resize(kTarget, 'x');
    return CachedRedirection::make(redirection, std::to_string(number));
}

// A cache with so many redirections, and a heartbeat so that everything is fresh.
struct Filled {
    const std::size_t before = testing::memory_in_use();
    NearCache cache;
    std::size_t memory = 0;  // that it takes, in bytes

    explicit Filled(int entries)
        : cache({.capacity_bytes = static_cast<std::size_t>(entries) * 300}) {
        for (int i = 0; i < entries; ++i) {
            const std::string name = key(i);
            cache.publish(cache.begin_fetch(name), name, redirection(i));
        }
        memory = testing::memory_in_use() - before;
        cache.heard(NearCache::Clock::now() + std::chrono::hours(1));
    }

    static Filled& get() {
        static Filled filled(kEntries);
        return filled;
    }
};

// Names in random order, so that every look-up misses the processor's caches as production does.
std::vector<std::string> random_keys(int below) {
    std::mt19937 random(7);
    std::vector<std::string> keys;
    for (int i = 0; i < 1 << 16; ++i) {
        keys.push_back(key(static_cast<int>(random() % static_cast<unsigned>(below))));
    }
    return keys;
}

void look_up(benchmark::State& state, int below, int offset) {
    NearCache::Reader reader(Filled::get().cache);
    std::vector<std::string> keys = random_keys(below);
    if (offset != 0) {
        for (std::string& name : keys)
            name.back() = 'x';
    }
    const auto now = NearCache::Clock::now();
    std::size_t at = 0;
    for (auto _ : state) {
        auto guard = reader.enter();
        benchmark::DoNotOptimize(guard.find(keys[at++ & 0xffff], now));
    }
}

void FindHot(benchmark::State& state) {
    look_up(state, 100, 0);
}
void FindAmongAMillion(benchmark::State& state) {
    look_up(state, kEntries, 0);
}
void FindNothing(benchmark::State& state) {
    look_up(state, kEntries, 1);
}
BENCHMARK(FindHot);
BENCHMARK(FindHot)->Threads(2);
BENCHMARK(FindAmongAMillion);

// What 64 requests that arrived together read, each its target's last byte: looked up one after the
// other (0), or fetched ahead side by side (1). The time is that of all 64.
void Find64AmongAMillion(benchmark::State& state) {
    constexpr std::size_t kTogether = 64;
    NearCache::Reader reader(Filled::get().cache);
    const std::vector<std::string> keys = random_keys(kEntries);
    const auto now = NearCache::Clock::now();
    std::size_t at = 0;
    for (auto _ : state) {
        const std::span<const std::string> wanted(keys.data() + at, kTogether);
        at = (at + kTogether) & 0xffff;
        if (state.range(0) == 1) {
            NearCache::Prefetch ahead(reader);
            for (const std::string& name : wanted)
                ahead.add(name);
            ahead.finish();
        }
        for (const std::string& name : wanted) {
            auto guard = reader.enter();
            const auto found = guard.find(name, now);
            benchmark::DoNotOptimize(found.as<CachedRedirection>().target().back());
        }
    }
}
BENCHMARK(Find64AmongAMillion)->Arg(0)->Arg(1);
BENCHMARK(FindNothing);

void GuardAlone(benchmark::State& state) {
    NearCache::Reader reader(Filled::get().cache);
    for (auto _ : state) {
        auto guard = reader.enter();
        benchmark::DoNotOptimize(&guard);
    }
}
BENCHMARK(GuardAlone);

// A miss that was fetched, in a cache that is full: one entry in, one out.
void PublishIntoAFullCache(benchmark::State& state) {
    NearCache cache({.capacity_bytes = 16 << 20});
    int number = 0;
    for (auto _ : state) {
        const std::string name = key(number);
        cache.publish(cache.begin_fetch(name), name, redirection(number));
        ++number;
    }
}
BENCHMARK(PublishIntoAFullCache);

// Not a time: the figures are in the counters. The target URL's own bytes are taken out.
void BytesPerRedirection(benchmark::State& state) {
    const Filled filled(static_cast<int>(state.range(0)));
    for (auto _ : state)
        benchmark::DoNotOptimize(filled.memory);
    const auto counters = filled.cache.counters();
    const auto entries = static_cast<double>(counters.entries);
    state.counters["entries"] = entries;
    state.counters["beside_target"] = static_cast<double>(filled.memory) / entries - kTarget;
    state.counters["as_counted"] = static_cast<double>(counters.bytes) / entries - kTarget;
}
BENCHMARK(BytesPerRedirection)->Arg(1'000'000)->Arg(10'000'000)->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
