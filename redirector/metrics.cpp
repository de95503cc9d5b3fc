#include "redirector/metrics.hpp"

#include <charconv>

namespace redirector {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Outcome::count_)> kOutcomes{
    "redirect", "not_found", "qr", "api", "page", "refused", "unavailable", "limited"};

constexpr std::array<std::string_view, static_cast<std::size_t>(DecidedBy::count_)> kDeciders{
    "account_rule", "application_rule", "no_match", "no_rules", "broken", "unreachable"};

void append_number(std::string& out, double number) {
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    out.append(text.data(), end);
}

double seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

void head(std::string& out,
          std::string_view name,
          std::string_view type,
          std::string_view meaning) {
    out.append("# TYPE redirector_").append(name).append(" ").append(type).append("\n");
    out.append("# HELP redirector_").append(name).append(" ").append(meaning).append("\n");
}

void sample(std::string& out, std::string_view name, std::string_view labels, double value) {
    out.append("redirector_").append(name).append(labels).append(" ");
    append_number(out, value);
    out += '\n';
}

std::string outcome_label(std::size_t outcome) {
    return "outcome=\"" + std::string(kOutcomes[outcome]) + "\"";
}

}  // namespace

void Histogram::observe(std::chrono::nanoseconds duration) {
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && duration > kBounds[bucket])
        ++bucket;
    buckets[bucket].add();
    sum.add(static_cast<std::uint64_t>(duration.count()));
}

std::uint64_t Metrics::total(Counter ThreadMetrics::*counter) const {
    std::uint64_t sum = 0;
    for (const ThreadMetrics& thread : threads_)
        sum += (thread.*counter).get();
    return sum;
}

void Metrics::write(std::string& out) const {
    const auto total = [&](auto&& figure) {
        std::uint64_t sum = 0;
        for (const ThreadMetrics& thread : threads_)
            sum += figure(thread);
        return static_cast<double>(sum);
    };
    head(out, "requests", "counter", "Requests answered, by what they turned out to be.");
    for (std::size_t o = 0; o < kOutcomes.size(); ++o) {
        sample(out, "requests_total", "{" + outcome_label(o) + "}",
               total([o](const ThreadMetrics& t) { return t.requests[o].get(); }));
    }
    head(out, "request_duration_seconds", "histogram",
         "From the parsed request to the ready reply.");
    for (std::size_t o = 0; o < kOutcomes.size(); ++o) {
        double below = 0;
        for (std::size_t b = 0; b <= Histogram::kBounds.size(); ++b) {
            below +=
                total([o, b](const ThreadMetrics& t) { return t.durations[o].buckets[b].get(); });
            std::string labels = "{" + outcome_label(o) + ",le=\"";
            if (b < Histogram::kBounds.size()) {
                append_number(labels, seconds(Histogram::kBounds[b]));
            } else {
                labels += "+Inf";
            }
            sample(out, "request_duration_seconds_bucket", labels + "\"}", below);
        }
        sample(out, "request_duration_seconds_count", "{" + outcome_label(o) + "}", below);
        sample(out, "request_duration_seconds_sum", "{" + outcome_label(o) + "}",
               total([o](const ThreadMetrics& t) { return t.durations[o].sum.get(); }) / 1e9);
    }
    head(out, "decisions", "counter", "Redirects, by what their target comes from.");
    for (std::size_t by = 0; by < kDeciders.size(); ++by) {
        sample(out, "decisions_total", "{by=\"" + std::string(kDeciders[by]) + "\"}",
               total([by](const ThreadMetrics& t) { return t.decisions[by].get(); }));
    }
    head(out, "scans_recorded", "counter",
         "Redirects answered whose scan was appended to the spool.");
    sample(out, "scans_recorded_total", "",
           total([](const auto& t) { return t.scans_recorded.get(); }));
    head(out, "scans_dropped", "counter", "Redirects answered whose scan could not be appended.");
    sample(out, "scans_dropped_total", "",
           total([](const auto& t) { return t.scans_dropped.get(); }));
    head(out, "scan_sync_failures", "counter", "Turns at level batch whose sync to disk failed.");
    sample(out, "scan_sync_failures_total", "",
           total([](const auto& t) { return t.scan_sync_failures.get(); }));
    head(out, "audit_failures", "counter",
         "Changes that could not be added to their account's audit trail.");
    sample(out, "audit_failures_total", "",
           total([](const auto& t) { return t.audit_failures.get(); }));
    for (const Gauge& gauge : gauges_) {
        head(out, gauge.name, gauge.type, gauge.meaning);
        const std::string name =
            std::string(gauge.name) + (gauge.type == "counter" ? "_total" : "");
        sample(out, name, "", gauge.read());
    }
    out.append("# EOF\n");
}

}  // namespace redirector
