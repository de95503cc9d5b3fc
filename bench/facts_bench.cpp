// Cost of each fact of a request. The geo figures need a City file, named by GEOIP_FILE (README.md
// of redirector/facts says which was used); without it they are skipped.
#include "redirector/facts/address.hpp"
#include "redirector/facts/agent_class.hpp"
#include "redirector/facts/geo.hpp"
#include "redirector/facts/language.hpp"
#include "redirector/facts/proxy.hpp"
#include "redirector/facts/timezone.hpp"
#include "redirector/facts/user_agent.hpp"

#include <benchmark/benchmark.h>

#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <maxminddb.h>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace redirector;
using namespace redirector::facts;
using namespace std::chrono_literals;

constexpr std::size_t kAddresses = 1 << 16;
constexpr std::string_view kPhone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1";

const ZoneCatalog& zones() {
    return **ZoneCatalog::load();
}

// Uniformly random public addresses: the worst case for caches. IPv6 ones lie in 2a00::/12.
std::vector<IpAddress> random_addresses(bool ipv6) {
    std::mt19937 random{42};
    std::vector<IpAddress> addresses;
    while (addresses.size() < kAddresses) {
        IpAddress address = *parse_address("0.0.0.0");
        for (std::size_t byte = ipv6 ? 0 : 12; byte < address.size(); ++byte) {
            address[byte] = static_cast<std::uint8_t>(random());
        }
        if (ipv6) {
            address[0] = 0x2A;
            address[1] = static_cast<std::uint8_t>(address[1] & 0x0F);
        }
        if (!is_private(address)) addresses.push_back(address);
    }
    return addresses;
}

const char* geo_file(benchmark::State& state) {
    const char* path = std::getenv("GEOIP_FILE");
    if (path == nullptr) state.SkipWithError("GEOIP_FILE names no City file");
    return path;
}

void geo_flattened(benchmark::State& state) {
    const char* path = geo_file(state);
    if (path == nullptr) return;
    const auto source = GeoSource::open(path, zones());
    if (!source->current()) return state.SkipWithError(source->last_problem().c_str());
    GeoReader reader{*source};
    const auto addresses = random_addresses(state.range(0) == 6);
    std::size_t at = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(reader.lookup(addresses[at++ % kAddresses]));
    }
    state.counters["MB"] = static_cast<double>(source->current()->bytes()) / 1e6;
}
BENCHMARK(geo_flattened)->Arg(4)->Arg(6);

MMDB_lookup_result_s walk(const MMDB_s& file, const IpAddress& address) {
    int error = 0;
    if (is_ipv4(address)) {
        sockaddr_in socket{};
        socket.sin_family = AF_INET;
        std::memcpy(&socket.sin_addr, address.data() + 12, 4);
        return MMDB_lookup_sockaddr(&file, reinterpret_cast<sockaddr*>(&socket), &error);
    }
    sockaddr_in6 socket{};
    socket.sin6_family = AF_INET6;
    std::memcpy(&socket.sin6_addr, address.data(), address.size());
    return MMDB_lookup_sockaddr(&file, reinterpret_cast<sockaddr*>(&socket), &error);
}

// What the same facts cost through libmaxminddb: the node alone, or with the fields read.
void geo_walk(benchmark::State& state) {
    const char* path = geo_file(state);
    MMDB_s file;
    if (path == nullptr) return;
    if (MMDB_open(path, MMDB_MODE_MMAP, &file) != MMDB_SUCCESS) {
        return state.SkipWithError("cannot be opened");
    }
    const auto addresses = random_addresses(state.range(0) == 6);
    const bool reads_fields = state.range(1) == 1;
    std::size_t at = 0;
    for (auto _ : state) {
        auto found = walk(file, addresses[at++ % kAddresses]);
        benchmark::DoNotOptimize(found);
        if (!reads_fields || !found.found_entry) continue;
        for (const char* field : {"country_code", "latitude", "longitude", "timezone"}) {
            MMDB_entry_data_s data{};
            MMDB_get_value(&found.entry, &data, field, nullptr);
            benchmark::DoNotOptimize(data);
        }
    }
    MMDB_close(&file);
}
BENCHMARK(geo_walk)
    ->ArgNames({"ip", "fields"})
    ->Args({4, 0})
    ->Args({4, 1})
    ->Args({6, 0})
    ->Args({6, 1});

void geo_load(benchmark::State& state) {
    const char* path = geo_file(state);
    if (path == nullptr) return;
    for (auto _ : state)
        benchmark::DoNotOptimize(GeoDatabase::load(path, zones()));
}
BENCHMARK(geo_load)->Unit(benchmark::kMillisecond);

void local_time_cached(benchmark::State& state) {
    LocalClock clock{zones()};
    const Zone* here = zones().find("Europe/Zurich");
    Instant now{1795000000000ms};
    for (auto _ : state)
        benchmark::DoNotOptimize(clock.at(*here, now += 1ms));
}
BENCHMARK(local_time_cached);

void local_time_uncached(benchmark::State& state) {
    LocalClock clock{zones()};
    const Zone* here = zones().find("Europe/Zurich");
    Instant now{1795000000000ms};
    for (auto _ : state) {
        now += (now.time_since_epoch().count() % 2 == 0) ? 172'800'001ms : -172'800'001ms;
        benchmark::DoNotOptimize(clock.at(*here, now));
    }
}
BENCHMARK(local_time_uncached);

void zone_by_name(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(zones().find("America/Argentina/Buenos_Aires"));
}
BENCHMARK(zone_by_name);

void agent_classify(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(classify_agent(kPhone));
}
BENCHMARK(agent_classify);

void agent_classify_cached(benchmark::State& state) {
    AgentClassCache cache;
    for (auto _ : state)
        benchmark::DoNotOptimize(cache.classify(kPhone));
}
BENCHMARK(agent_classify_cached);

std::shared_ptr<const AgentParser> agent_parser() {
    static const auto loaded = AgentParser::load();
    return *loaded;
}

void agent_load(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(AgentParser::load());
}
BENCHMARK(agent_load)->Unit(benchmark::kMillisecond);

// The automaton has seen a string like it.
void agent_full(benchmark::State& state) {
    const auto parser = agent_parser();
    for (auto _ : state)
        benchmark::DoNotOptimize(parser->parse(kPhone));
}
BENCHMARK(agent_full)->Unit(benchmark::kMicrosecond);

// Each string names a model that never occurred.
void agent_full_novel(benchmark::State& state) {
    const auto parser = agent_parser();
    std::mt19937 random{5};
    for (auto _ : state) {
        const auto agent = "Mozilla/5.0 (Linux; Android 13; Model" + std::to_string(random()) +
                           ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile "
                           "Safari/537.36";
        benchmark::DoNotOptimize(parser->parse(agent));
    }
}
BENCHMARK(agent_full_novel)->Unit(benchmark::kMicrosecond);

void agent_full_cached(benchmark::State& state) {
    AgentFactsCache cache{agent_parser()};
    for (auto _ : state)
        benchmark::DoNotOptimize(&cache.facts(kPhone));
}
BENCHMARK(agent_full_cached);

void client_address_direct(benchmark::State& state) {
    const auto proxies = TrustedProxies::parse("10.0.0.0/8,::1/128");
    Request request;
    request.peer = *parse_address("203.0.113.5");
    for (auto _ : state)
        benchmark::DoNotOptimize(client_address(request, *proxies));
}
BENCHMARK(client_address_direct);

void client_address_proxied(benchmark::State& state) {
    const auto proxies = TrustedProxies::parse("10.0.0.0/8,::1/128");
    Request request;
    request.peer = *parse_address("10.0.0.1");
    const bool standard = state.range(0) == 1;
    request.fields[static_cast<std::size_t>(standard ? Field::forwarded : Field::x_forwarded_for)] =
        standard ? "for=1.1.1.1, for=\"203.0.113.5:4711\";proto=https, for=10.0.0.2"
                 : "1.1.1.1, 203.0.113.5, 10.0.0.2";
    for (auto _ : state)
        benchmark::DoNotOptimize(client_address(request, *proxies));
}
BENCHMARK(client_address_proxied)->ArgName("forwarded")->Arg(0)->Arg(1);

void language_best(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(best_language("de-CH,de;q=0.9,en-US;q=0.8,en;q=0.7"));
    }
}
BENCHMARK(language_best);

}  // namespace
