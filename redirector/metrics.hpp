// Counters and latency histograms of one I/O thread, and their sum over all threads as OpenMetrics
// text.
// Units:   seconds in the text (OpenMetrics 1.0), nanoseconds in the counters.
// Threads: one thread writes a ThreadMetrics, any may read it: plain loads and stores of atomics,
//          relaxed, no locked add.
// Source:  OpenMetrics 1.0.0; bucket bounds chosen so that a redirect from memory (microseconds)
//          and one that waits for Redis (milliseconds) both show.
#pragma once

#include "redirector/counter.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector {

class Histogram {
  public:
    // Upper bounds of the buckets; a last one without bound follows.
    static constexpr std::array<std::chrono::nanoseconds, 14> kBounds{
        std::chrono::microseconds(1),   std::chrono::microseconds(2),
        std::chrono::microseconds(5),   std::chrono::microseconds(10),
        std::chrono::microseconds(25),  std::chrono::microseconds(50),
        std::chrono::microseconds(100), std::chrono::microseconds(250),
        std::chrono::milliseconds(1),   std::chrono::microseconds(2500),
        std::chrono::milliseconds(10),  std::chrono::milliseconds(50),
        std::chrono::milliseconds(250), std::chrono::seconds(1)};

    void observe(std::chrono::nanoseconds duration);

    std::array<Counter, kBounds.size() + 1> buckets;
    Counter sum;  // nanoseconds
};

// What a request turned out to be. The order is that of the names in metrics.cpp.
enum class Outcome : std::uint8_t {
    redirect,
    not_found,
    qr,
    api,
    page,
    refused,
    unavailable,
    limited,
    count_
};

// What a redirect's target comes from. The order is that of the names in metrics.cpp.
enum class DecidedBy : std::uint8_t {
    account_rule,
    application_rule,
    no_match,     // the default URL: rules yielded none
    no_rules,     // the default URL: there is no Redirector
    broken,       // the default URL: the Redirector's rules cannot be read
    unreachable,  // the default URL: the store does not answer, and memory lacks the rules
    count_,
};

struct ThreadMetrics {
    std::array<Counter, static_cast<std::size_t>(Outcome::count_)> requests;
    // Time from the parsed request to the ready reply, by outcome.
    std::array<Histogram, static_cast<std::size_t>(Outcome::count_)> durations;
    std::array<Counter, static_cast<std::size_t>(DecidedBy::count_)> decisions;  // of redirects
    Counter scans_recorded;      // a redirect was answered and its scan appended
    Counter scans_dropped;       // a redirect was answered and its scan could not be appended
    Counter scan_sync_failures;  // level `batch`: turns whose sync failed
    Counter audit_failures;      // changes that are in no account's audit trail

    void answered(Outcome outcome, std::chrono::nanoseconds duration) {
        requests[static_cast<std::size_t>(outcome)].add();
        durations[static_cast<std::size_t>(outcome)].observe(duration);
    }
    void decided(DecidedBy by) { decisions[static_cast<std::size_t>(by)].add(); }
};

// A figure that some other room counts, read when the page is asked for.
struct Gauge {
    std::string_view name;  // without the "redirector_" in front
    std::string_view type;  // "counter" or "gauge"
    std::string_view meaning;
    std::function<double()> read;  // called from any I/O thread
};

class Metrics {
  public:
    explicit Metrics(unsigned threads) : threads_(threads) {}

    ThreadMetrics& thread(unsigned number) { return threads_[number]; }

    // Call before the first request.
    void add(Gauge gauge) { gauges_.push_back(std::move(gauge)); }

    // Sum over all threads.
    std::uint64_t total(Counter ThreadMetrics::*counter) const;

    // Appends the page (Content-Type as kContentType).
    void write(std::string& out) const;

    static constexpr std::string_view kContentType =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private:
    std::vector<ThreadMetrics> threads_;
    std::vector<Gauge> gauges_;
};

}  // namespace redirector
