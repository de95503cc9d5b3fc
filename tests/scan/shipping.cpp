#include "tests/scan/shipping.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace redirector::scan::testing {

using namespace std::chrono_literals;

SpoolOptions quick_spool(const std::filesystem::path& directory) {
    SpoolOptions options;
    options.directory = directory;
    options.segment_bytes = 64 << 10;
    options.max_bytes = 32 << 20;
    return options;
}

ShipperOptions quick_shipper() {
    ShipperOptions options;
    options.poll = 2ms;
    options.first_retry = 5ms;
    options.last_retry = 50ms;
    options.statistics_days = 100'000;  // scans of tests are numbered from 1970 on
    return options;
}

namespace {

std::unique_ptr<Spool> opened(const SpoolOptions& options) {
    auto spool = Spool::open(options);
    if (spool) return *std::move(spool);
    std::fprintf(stderr, "%s\n", spool.error().message.c_str());
    std::abort();
}

}  // namespace

Shipping::Shipping(const SpoolOptions& spool,
                   const std::string& socket,
                   const ShipperOptions& shipper,
                   Enrichment* enrichment)
    : spool_(opened(spool)), sink_(socket), shipper_(*spool_, sink_, shipper, enrichment) {
    net::co_spawn(io_, shipper_.run(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    thread_ = std::thread([this] { io_.run(); });
}

Shipping::~Shipping() {
    if (thread_.joinable()) drain(0ms);
}

void Shipping::drain(std::chrono::milliseconds limit) {
    shipper_.drain(limit);
    thread_.join();
}

void Shipping::append(std::uint64_t from, std::uint64_t to, unsigned ids, unsigned lane) {
    for (std::uint64_t n = from; n <= to; ++n) {
        const std::string id = "S" + std::to_string(n % ids);
        while (spool_->writer(lane).append(plain_scan(id, n)) != Appended::stored)
            std::this_thread::sleep_for(100us);
    }
}

bool Shipping::wait(std::chrono::milliseconds limit) const {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (counters().spooled > 0) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

std::string difference_of_hours(const Recorded& all) {
    std::uint64_t sum = 0;
    for (const auto& [id, hits] : all.hits) {
        const auto hours = all.by_hour.find(id);
        const std::uint64_t counted = hours == all.by_hour.end() ? 0 : hours->second;
        if (counted != hits)
            return id + " has " + std::to_string(hits) + " hits, and " + std::to_string(counted) +
                   " by hour";
        sum += hits;
    }
    const auto whole = all.by_hour.find("");
    const bool agrees = sum == (whole == all.by_hour.end() ? 0 : whole->second);
    return agrees ? "" : "the accounts' hours do not add up to the hits";
}

std::string difference(const RedisServer& server, std::uint64_t last) {
    const Recorded all = recorded(server);
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    for (std::uint64_t n = 1; n <= last; ++n)
        lost += !all.times.contains(n);
    for (const auto& [time, count] : all.times)
        doubled += count > 1;
    if (lost > 0 || doubled > 0)
        return std::to_string(lost) + " lost, " + std::to_string(doubled) + " doubled of " +
               std::to_string(last);
    if (all.records != last)
        return std::to_string(all.records) + " recorded of " + std::to_string(last);
    for (const auto& [id, count] : all.by_short_id) {
        const auto hits = all.hits.find(id);
        const std::uint64_t counted = hits == all.hits.end() ? 0 : hits->second;
        if (counted != count)
            return id + " has " + std::to_string(counted) + " hits and " + std::to_string(count) +
                   " records";
    }
    if (all.hits.size() != all.by_short_id.size()) return "hits of unknown short ids";
    return difference_of_hours(all);
}

std::string settled(const RedisServer& server, std::uint64_t last) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    std::string wrong = difference(server, last);
    while (!wrong.empty() && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        wrong = difference(server, last);
    }
    return wrong;
}

std::int64_t lost_track(const Counters& counters, std::uint64_t redirects) {
    return counters.unaccounted(redirects + counters.dropped);
}

}  // namespace redirector::scan::testing
