#include "redirector/figures.hpp"

#include "redirector/api/call_limit.hpp"
#include "redirector/background.hpp"
#include "redirector/health.hpp"
#include "redirector/log.hpp"
#include "redirector/metrics.hpp"
#include "redirector/shipping.hpp"
#include "redirector/webhooks/delivery.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace redirector {
namespace {

void add_http_figures(Metrics& metrics, const IoThreads& threads, std::size_t limit) {
    const auto sum = [&threads](auto figure) {
        return [&threads, figure] {
            std::uint64_t total = 0;
            for (const auto& thread : threads) {
                total += (thread->counters().*figure).get();
            }
            return static_cast<double>(total);
        };
    };
    metrics.add({"connections", "gauge", "Connections open now.", sum(&http::Counters::open)});
    metrics.add(
        {"connections_accepted", "counter", "Connections taken.", sum(&http::Counters::accepted)});
    metrics.add({"connections_refused", "counter", "Connections answered with 503.",
                 sum(&http::Counters::refused)});
    metrics.add({"connections_limit", "gauge", "Connections that each listener keeps open.",
                 [limit] { return static_cast<double>(limit); }});
    metrics.add({"accept_failures", "counter",
                 "Times that no connection could be taken: out of descriptors or memory.",
                 sum(&http::Counters::accept_failures)});
    metrics.add({"connection_timeouts", "counter",
                 "Connections ended by a deadline, idle ones not counted.",
                 sum(&http::Counters::timeouts)});
    metrics.add({"connection_failures", "counter", "Connections ended by a lack of memory.",
                 sum(&http::Counters::failures)});
    metrics.add({"tls_handshake_failures", "counter", "TLS connections that came to nothing.",
                 sum(&http::Counters::handshake_failures)});
    metrics.add({"received_bytes", "counter", "Bytes read.", sum(&http::Counters::bytes_in)});
    metrics.add({"sent_bytes", "counter", "Bytes written.", sum(&http::Counters::bytes_out)});
    metrics.add({"request_refusals", "counter", "Malformed or oversize requests.",
                 sum(&http::Counters::refusals)});
}

void add_store_figures(Metrics& metrics,
                       const IoThreads& threads,
                       const store::NearCache& cache,
                       const Background& background) {
    using Figures = store::NearCacheCounters;
    const auto of_cache = [&cache](std::uint64_t Figures::*figure) {
        return [&cache, figure] { return static_cast<double>(cache.counters().*figure); };
    };
    metrics.add(
        {"cache_hits", "counter", "Look-ups that memory answered.", of_cache(&Figures::hits)});
    metrics.add({"cache_negative_hits", "counter", "Look-ups of what memory knows not to exist.",
                 of_cache(&Figures::negative_hits)});
    metrics.add({"cache_misses", "counter", "Look-ups that memory could not answer.",
                 of_cache(&Figures::misses)});
    metrics.add({"cache_evictions", "counter", "Entries pushed out for room.",
                 of_cache(&Figures::evictions)});
    metrics.add({"cache_invalidations", "counter", "Entries dropped since Redis reported a change.",
                 of_cache(&Figures::invalidations)});
    metrics.add({"cache_stale_served", "counter",
                 "Answers from memory that Redis could not confirm.",
                 of_cache(&Figures::stale_served)});
    metrics.add({"cache_entries", "gauge", "Entries in memory.", of_cache(&Figures::entries)});
    metrics.add({"cache_bytes", "gauge", "Memory that they take.", of_cache(&Figures::bytes)});
    metrics.add({"redis_coherent", "gauge", "1 while Redis reports every change to this node.",
                 [&background] { return background.coherent() ? 1.0 : 0.0; }});
    metrics.add({"redis_refusing", "gauge",
                 "Servers of Redis that answer and refuse to write: disk, memory, role.",
                 [&background] { return static_cast<double>(background.refusing()); }});
    metrics.add(
        {"redis_connected", "gauge", "I/O threads whose connection to Redis is up.", [&threads] {
             double connected = 0;
             for (const auto& thread : threads)
                 connected += thread->redis().connected() ? 1 : 0;
             return connected;
         }});
    metrics.add({"redis_commands", "counter", "Commands sent by I/O threads.", [&threads] {
                     double commands = 0;
                     for (const auto& thread : threads) {
                         commands += static_cast<double>(thread->redis().counters().commands);
                     }
                     return commands;
                 }});
    metrics.add({"redis_restarts", "counter",
                 "Times that the embedded Redis died and was started again.",
                 [&background] { return static_cast<double>(background.redis_restarts()); }});
}

// Redirects that left a scan behind, by the count of those who answered them, less what the spool
// and Redis account for.
std::int64_t unaccounted(const Shared& shared) {
    const std::uint64_t served = shared.metrics.total(&ThreadMetrics::scans_recorded) +
                                 shared.metrics.total(&ThreadMetrics::scans_dropped);
    return shared.spool.counters().unaccounted(served);
}

void add_scan_figures(Metrics& metrics, const Shared& shared, const Shipping& shipping) {
    using Figures = scan::Counters;
    const auto of_spool = [&shipping](std::uint64_t Figures::*figure) {
        return [&shipping, figure] { return static_cast<double>(shipping.sum(figure)); };
    };
    metrics.add(
        {"scans_shipped", "counter", "Scans that Redis has taken.", of_spool(&Figures::shipped)});
    metrics.add({"scan_batches_retried", "counter", "Batches sent again after an error.",
                 of_spool(&Figures::retried)});
    metrics.add({"scans_refused", "counter", "Redirects refused since the spool was full.",
                 of_spool(&Figures::refused)});
    metrics.add({"scans_spooled", "gauge", "Scans that Redis has not confirmed yet.",
                 of_spool(&Figures::spooled)});
    metrics.add({"scan_spool_bytes", "gauge", "Disk that the spool takes.",
                 of_spool(&Figures::disk_bytes)});
    metrics.add({"scan_spool_age_seconds", "gauge", "Age of the oldest scan not confirmed.",
                 [&shipping] { return std::chrono::duration<double>(shipping.oldest()).count(); }});
    metrics.add({"scans_unaccounted", "gauge",
                 "Redirects less the scans recorded, spooled and dropped: 0, but for those of this "
                 "instant.",
                 [&shared] { return static_cast<double>(unaccounted(shared)); }});
    metrics.add({"scans_missing", "counter",
                 "Scans that segments should have held and could not be read.",
                 of_spool(&Figures::missing)});
    metrics.add({"scans_reshipped", "counter",
                 "Scans sent again since Redis had come back without them.",
                 of_spool(&Figures::reshipped)});
    metrics.add({"scan_partitions_behind", "gauge", "Partitions that Redis refuses now.",
                 of_spool(&Figures::behind)});
}

// Resident memory in bytes; 0 where the kernel does not say.
double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double pages = 0;
    double resident = 0;
    file >> pages >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
    std::error_code error;
    const std::filesystem::directory_iterator files("/proc/self/fd", error);
    return error ? 0 : static_cast<double>(std::distance(begin(files), end(files)));
}

double descriptor_limit() {
    rlimit limit{};
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

void add_process_figures(Metrics& metrics, const Config& config) {
    metrics.add({"resident_memory_bytes", "gauge", "Memory of this process.", resident_bytes});
    metrics.add({"open_descriptors", "gauge", "Descriptors open now.", open_descriptors});
    metrics.add({"descriptor_limit", "gauge", "Descriptors that may be open.", descriptor_limit});
    metrics.add({"log_lines_dropped", "counter", "Lines that standard error was too slow for.",
                 [] { return static_cast<double>(log::Writer::dropped()); }});
    metrics.add({"cache_limit_bytes", "gauge", "Memory that entries may take.",
                 [&config] { return static_cast<double>(config.cache_bytes); }});
    metrics.add({"scan_spool_limit_bytes", "gauge", "Disk that the spool may take.",
                 [&config] { return static_cast<double>(config.spool_bytes); }});
}

void add_fact_figures(Metrics& metrics, const IoThreads& threads, const CompilePools& compiling) {
    const auto sum = [&threads](Counter ThreadFacts::*figure) {
        return [&threads, figure] {
            std::uint64_t total = 0;
            for (const auto& thread : threads)
                total += (thread->facts().*figure).get();
            return static_cast<double>(total);
        };
    };
    metrics.add({"fact_geo_lookups", "counter",
                 "Scans whose place was looked up before the answer.",
                 sum(&ThreadFacts::geo_lookups)});
    metrics.add({"fact_local_times", "counter",
                 "Scans whose local time was worked out, since a rule reads it.",
                 sum(&ThreadFacts::local_times)});
    metrics.add(
        {"place_searches", "counter", "Searches for the closest place, in Redis.", [&threads] {
             std::uint64_t total = 0;
             for (const auto& thread : threads)
                 total += thread->place_searches();
             return static_cast<double>(total);
         }});
    metrics.add({"fact_agents", "counter",
                 "Scans whose User-Agent was classified before the answer.",
                 sum(&ThreadFacts::agents_classified)});
    metrics.add({"broken_rules", "counter",
                 "Redirectors loaded whose rules cannot be read: their scans go to default URLs.",
                 [&compiling] { return static_cast<double>(compiling.broken_rules.load()); }});
}

}  // namespace

void add_recording(Health& health, const Shared& shared, const Shipping& shipping) {
    using Figures = scan::Counters;
    const auto of_spool = [&shipping](std::uint64_t Figures::*figure) {
        return [&shipping, figure] { return static_cast<std::int64_t>(shipping.sum(figure)); };
    };
    health.add_detail({"scans_spooled", of_spool(&Figures::spooled)});
    health.add_detail({"scan_spool_age_ms", [&shipping] { return shipping.oldest().count(); }});
    health.add_detail({"scan_spool_bytes", of_spool(&Figures::disk_bytes)});
    health.add_detail({"scans_shipped", of_spool(&Figures::shipped)});
    health.add_detail({"scan_batches_retried", of_spool(&Figures::retried)});
    health.add_detail({"scans_refused", of_spool(&Figures::refused)});
    health.add_detail({"scans_unaccounted", [&shared] { return unaccounted(shared); }});
}

void add_figures(Shared& shared,
                 const IoThreads& threads,
                 const Background& background,
                 const Shipping& shipping) {
    Metrics& metrics = shared.metrics;
    add_http_figures(metrics, threads, shared.max_connections);
    add_store_figures(metrics, threads, shared.cache, background);
    add_scan_figures(metrics, shared, shipping);
    add_fact_figures(metrics, threads, shared.compiling);
    add_process_figures(metrics, shared.config);
    const api::CallLimit& calls = shared.calls;
    metrics.add({"calls_open", "gauge", "Management calls being answered now.",
                 [&calls] { return static_cast<double>(calls.open()); }});
    metrics.add({"calls_refused", "counter",
                 "Management calls refused since too many were being answered.",
                 [&calls] { return static_cast<double>(calls.refused()); }});
    const DrawingPools& drawing = shared.drawing;
    metrics.add({"sheets_open", "gauge", "Label sheets being sent now.",
                 [&drawing] { return static_cast<double>(drawing.open_sheets.load()); }});
    metrics.add({"codes_drawn_aside", "counter",
                 "QR codes that no I/O thread drew, since they take long.",
                 [&drawing] { return static_cast<double>(drawing.drawn.load()); }});
}

void add_webhook_figures(Metrics& metrics, const webhooks::Figures& figures) {
    const auto count = [](const std::atomic<std::uint64_t>& figure) {
        return [&figure] { return static_cast<double>(figure.load(std::memory_order_relaxed)); };
    };
    metrics.add(
        {"webhook_batches", "counter", "Batches that webhooks took.", count(figures.batches)});
    metrics.add({"webhook_actions", "counter", "Actions in them.", count(figures.actions)});
    metrics.add({"webhook_failures", "counter", "Tries to send a batch that failed.",
                 count(figures.failures)});
    metrics.add({"webhook_dead_letters", "counter", "Batches that were given up.",
                 count(figures.dead_letters)});
    metrics.add({"webhook_lag_seconds", "gauge",
                 "Age of the oldest action that waits for a webhook to take it.", [&figures] {
                     using namespace std::chrono;
                     const auto now = system_clock::now().time_since_epoch();
                     const auto oldest = milliseconds(figures.oldest_ms.load());
                     return oldest.count() == 0 ? 0.0 : duration<double>(now - oldest).count();
                 }});
}

}  // namespace redirector
