// How fast the shipper brings a backlog to a real Redis, and what it costs on each side: one short
// id taking all scans against many, the records per entry, and statistics. Usage: scan_throughput [SCANS]
// (default 400000). Prints a table; CPU times are user + system.
#include "tests/scan/shipping.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/resource.h>

namespace redirector::scan::testing {
namespace {

double own_cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A line of INFO, as a number.
double info(RedisSink& client, const std::string& section, const std::string& name) {
    const std::string text = client.ask({"INFO", section});
    const std::size_t at = text.find(name + ":");
    return at == text.npos ? 0 : std::strtod(text.c_str() + at + name.size() + 1, nullptr);
}

void measure(std::uint64_t scans, unsigned ids, std::size_t per_entry, bool statistics) {
    const TemporaryFolder folder;
    RedisServer redis;
    RedisSink client(redis.socket());
    SpoolOptions spool = quick_spool(folder.path());
    spool.segment_bytes = 16ULL << 20;
    spool.max_bytes = 4ULL << 30;
    {
        Shipping away(spool, "/nowhere");
        away.append(1, scans, ids);
    }
    const auto redis_cpu = [&] {
        return info(client, "cpu", "used_cpu_user") + info(client, "cpu", "used_cpu_sys");
    };
    const double redis_before = redis_cpu();
    const double memory_before = info(client, "memory", "used_memory");
    const double own_before = own_cpu_seconds();
    const auto begin = std::chrono::steady_clock::now();
    ShipperOptions options = quick_shipper();
    options.records_per_entry = per_entry;
    if (!statistics) options.statistics_days = 0;
    Shipping shipping(spool, redis.socket(), options);
    while (shipping.counters().shipped < scans)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const auto n = static_cast<double>(scans);
    std::printf("%9u %9zu %10s %12.0f %12.2f %12.2f %14.0f\n", ids, per_entry,
                statistics ? "yes" : "no", n / took.count(),
                (own_cpu_seconds() - own_before) / n * 1e6, (redis_cpu() - redis_before) / n * 1e6,
                (info(client, "memory", "used_memory") - memory_before) / n);
}

}  // namespace
}  // namespace redirector::scan::testing

int main(int argc, char** argv) {
    using redirector::scan::testing::measure;
    const std::uint64_t scans = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 400'000;
    std::printf("%9s %9s %10s %12s %12s %12s %14s\n", "short ids", "per entry", "statistics",
                "records/s", "our us", "Redis us", "Redis B/record");
    for (const unsigned ids : {1U, 100U, 100'000U}) {
        measure(scans, ids, 16, false);
        for (const std::size_t per_entry : {std::size_t{1}, std::size_t{16}, std::size_t{64}})
            measure(scans, ids, per_entry, true);
    }
}
