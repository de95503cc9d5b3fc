// What recording a scan costs: the copy on the I/O thread at each level, its parts, and the
// shipper's work per record. Usage: scan_bench --benchmark_min_time=1. Writes below the temporary
// folder (TMPDIR); figures of level `batch` and `interval` are those of the disk under it.
#include "redirector/scan/batch.hpp"
#include "redirector/scan/crc32c.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/scan/spool.hpp"

#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <stdlib.h>
#include <string>
#include <vector>

namespace {

using namespace redirector::scan;

// What a phone sends and a redirect without a rule set knows: 280 bytes as a record.
Scan phone() {
    Scan scan;
    scan.time_ms = 1'700'000'000'000;
    scan.account = "UAccount0000000000000000";
    scan.short_id = "ABCDE12345";
    scan.evrythng_id = "UThng000000000000000000x";
    scan.resource_type = ResourceType::thng;
    scan.client_ip = redirector::IpAddress{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0};
    scan.user_agent =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/17.1 Mobile/15E148 Safari/604.1";
    scan.accept_language = "de-CH,de;q=0.9";
    scan.reaction_level = ReactionLevel::account;
    scan.rule = 1;
    scan.redirect_url = "https://example.com/landing";
    return scan;
}

class Folder {
  public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "scan-bench-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

constexpr std::int64_t kScans = 1'600'000;  // two segments' worth: the keeper makes them beforehand

// Appends `turn` scans, then what the level asks for before replies go out.
void append(benchmark::State& state, Durability level) {
    const Folder folder;
    SpoolOptions options;
    options.directory = folder.path();
    options.durability = level;
    options.segment_bytes = 256ULL << 20;
    const auto opened = Spool::open(options);
    if (!opened) return state.SkipWithError(opened.error().message.c_str());
    Writer& writer = (*opened)->writer(0);
    const Scan scan = phone();
    const auto turn = state.range(0);
    std::uint64_t lost = 0;
    for (auto _ : state) {
        for (std::int64_t i = 0; i < turn; ++i)
            lost += writer.append(scan) != Appended::stored;
        if (writer.sync()) state.SkipWithError("sync failed");
    }
    state.SetItemsProcessed(state.iterations() * turn);
    state.counters["lost"] = static_cast<double>(lost);
}

BENCHMARK_CAPTURE(append, memory, Durability::memory)->Arg(1)->Iterations(kScans);
BENCHMARK_CAPTURE(append, process, Durability::process)->Arg(1)->Iterations(kScans);
BENCHMARK_CAPTURE(append, interval, Durability::interval)->Arg(1)->Iterations(kScans);
BENCHMARK_CAPTURE(append, batch, Durability::batch)->Arg(1)->Arg(32)->Arg(256)->Iterations(300);

void encode_record(benchmark::State& state) {
    const Scan scan = phone();
    std::vector<std::uint8_t> bytes(kMaxRecord);
    for (auto _ : state) {
        benchmark::DoNotOptimize(encoded_size(scan));
        encode(scan, bytes.data());
        benchmark::ClobberMemory();
    }
    state.counters["bytes"] = static_cast<double>(encoded_size(scan));
}
BENCHMARK(encode_record);

void decode_record(benchmark::State& state) {
    const Scan scan = phone();
    std::vector<std::uint8_t> bytes(encoded_size(scan));
    encode(scan, bytes.data());
    for (auto _ : state)
        benchmark::DoNotOptimize(decode(bytes));
}
BENCHMARK(decode_record);

void checksum(benchmark::State& state) {
    const std::vector<std::uint8_t> bytes(280);
    for (auto _ : state)
        benchmark::DoNotOptimize(crc32c(1, bytes));
}
BENCHMARK(checksum);

void checksum_portable(benchmark::State& state) {
    const std::vector<std::uint8_t> bytes(280);
    for (auto _ : state)
        benchmark::DoNotOptimize(crc32c_portable(1, bytes));
}
BENCHMARK(checksum_portable);

// The shipper's packing of 512 records with `range` short ids among them, without and with
// statistics.
void pack_batch(benchmark::State& state) {
    Scan scan = phone();
    std::vector<std::uint8_t> bytes(encoded_size(scan));
    encode(scan, bytes.data());
    std::vector<std::string> ids;
    for (int i = 0; i < state.range(0); ++i)
        ids.push_back("ABCDE" + std::to_string(10'000 + i));
    for (auto _ : state) {
        const auto days = static_cast<unsigned>(state.range(1));
        Batch batch({"UAccount0000000000000000", 3}, "abcdefghijkl.0", Mark{}, days);
        for (std::uint64_t n = 1; n <= 512; ++n) {
            scan.short_id = ids[n % ids.size()];
            batch.count(scan, "mobile");
            batch.add(scan, bytes, {1, n}, 16);
        }
        benchmark::DoNotOptimize(batch.command(false));
    }
    state.SetItemsProcessed(state.iterations() * 512);
}
BENCHMARK(pack_batch)->ArgsProduct({{1, 512}, {0, 400}});

}  // namespace

BENCHMARK_MAIN();
