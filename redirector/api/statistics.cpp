#include "redirector/api/statistics.hpp"

#include "redirector/api/documents.hpp"
#include "redirector/api/history.hpp"
#include "redirector/api/query.hpp"
#include "redirector/api/redirections.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/scan/statistics.hpp"
#include "redirector/store/redis_client.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace redirector::api {
namespace {

namespace json = boost::json;
using scan::kDayMs;
using scan::kHourMs;

constexpr std::chrono::milliseconds kDeadline{5000};

// What may be asked for at once, and what is answered without being asked.
struct Span {
    std::string_view by;
    std::uint64_t most;   // days
    std::uint64_t usual;  // days
};
constexpr std::array kSpans{Span{"day", 400, 30}, Span{"hour", 31, 7}};

struct Range {
    const Span* span = kSpans.data();
    std::uint64_t first = 0;  // days since the epoch, both included
    std::uint64_t last = 0;

    std::uint64_t days() const { return last - first + 1; }
    bool by_hour() const { return span->by == "hour"; }
};

std::optional<Range> read_range(Call& call) {
    const Query query(call.request.query);
    Range range;
    if (const auto by = query.find("by")) {
        range.span = std::ranges::find(kSpans, *by, &Span::by);
        if (range.span == kSpans.end()) {
            call.refuse(Code::invalid_parameter, "by", "by must be hour or day");
            return std::nullopt;
        }
    }
    const auto from = read_time(call, query, "from");
    if (!from) return std::nullopt;
    const auto to = read_time(call, query, "to");
    if (!to) return std::nullopt;
    range.last = static_cast<std::uint64_t>(*to < 0 ? now_ms() : *to) / kDayMs;
    range.first = *from < 0 ? range.last - std::min(range.last, range.span->usual - 1)
                            : static_cast<std::uint64_t>(*from) / kDayMs;
    if (range.first <= range.last && range.days() <= range.span->most) return range;
    call.refuse(Code::invalid_parameter, "from",
                "from must be before to, and by " + std::string(range.span->by) + " at most " +
                    std::to_string(range.span->most) + " days before it");
    return std::nullopt;
}

// Sums over the days asked for.
struct Sums {
    std::vector<std::uint64_t> series;
    std::uint64_t hits = 0;
    std::map<std::string, std::uint64_t> countries, devices, rules;

    void add(const Range& range, std::uint64_t day, const scan::Counts& counts) {
        for (const auto& [name, count] : counts) {
            const std::string_view of = std::string_view(name).substr(1);
            const std::string shown(of == "*" ? "other" : of);
            switch (name.empty() ? '\0' : name[0]) {
                case 'c':
                    countries[shown] += count;
                    break;
                case 'd':
                    devices[shown] += count;
                    break;
                case 'r':
                    rules[shown] += count;
                    break;
                default:
                    add_hour(range, day, name, count);
            }
        }
    }

  private:
    void add_hour(const Range& range,
                  std::uint64_t day,
                  const std::string& name,
                  std::uint64_t count) {
        const std::uint64_t hour = std::strtoull(name.c_str(), nullptr, 10) % 24;
        series[range.by_hour() ? day * 24 + hour : day] += count;
        hits += count;
    }
};

// One command a day for each partition; `field` as scan/statistics.hpp names it.
Awaitable<std::optional<Sums>> read_sums(Call& call,
                                         const Range& range,
                                         std::vector<scan::Partition> partitions,
                                         std::string field) {
    std::vector<store::Command> batch;
    for (std::uint64_t day = range.first; day <= range.last; ++day) {
        for (const scan::Partition& partition : partitions)
            batch.push_back({"HGET", scan::statistics_key(partition, day), field});
    }
    std::optional<Sums> sums;
    const auto replies = co_await call.services.scan_redis.execute(std::move(batch), kDeadline);
    if (!replies || std::ranges::any_of(*replies, &store::RedisReply::is_error)) {
        refuse_store(call);
        co_return sums;
    }
    sums.emplace();
    sums->series.resize(range.days() * (range.by_hour() ? 24 : 1));
    for (std::size_t i = 0; i < replies->size(); ++i) {
        if (const auto counts = scan::unpack_counts((*replies)[i].text))
            sums->add(range, i / partitions.size(), *counts);
    }
    co_return sums;
}

json::object object_of(const std::map<std::string, std::uint64_t>& counts) {
    json::object object;
    for (const auto& [name, count] : counts)
        object[name] = count;
    return object;
}

json::object shown(const Range& range, const Sums& sums) {
    const std::uint64_t step = range.by_hour() ? kHourMs : kDayMs;
    json::array series;
    for (std::size_t i = 0; i < sums.series.size(); ++i) {
        series.push_back(
            json::object{{"timestamp", range.first * kDayMs + i * step}, {"hits", sums.series[i]}});
    }
    return {{"by", range.span->by},
            {"from", range.first * kDayMs},
            {"to", (range.last + 1) * kDayMs - 1},
            {"hits", sums.hits},
            {"series", std::move(series)},
            {"countries", object_of(sums.countries)},
            {"devices", object_of(sums.devices)},
            {"rules", object_of(sums.rules)}};
}

Awaitable<void> read_of_redirection(Call& call) {
    const auto range = read_range(call);
    if (!range) co_return;
    std::string short_id(call.captures[0]);
    const auto redirection = co_await find_redirection(call, short_id);
    if (!redirection) co_return;
    std::vector<scan::Partition> partitions{{call.actor.account, scan::bucket_of(short_id)}};
    const auto sums = co_await read_sums(call, *range, std::move(partitions), short_id);
    if (!sums) co_return;
    json::object document{{"shortId", short_id}};
    for (auto& [name, value] : shown(*range, *sums))
        document.emplace(name, std::move(value));
    answer_json(call, document);
}

Awaitable<void> read_of_account(Call& call) {
    const auto range = read_range(call);
    if (!range) co_return;
    std::vector<scan::Partition> partitions;
    for (unsigned bucket = 0; bucket < scan::kBuckets; ++bucket)
        partitions.push_back({call.actor.account, bucket});
    const auto sums = co_await read_sums(call, *range, std::move(partitions), std::string());
    if (sums) answer_json(call, shown(*range, *sums));
}

constexpr std::array kRoutes{
    Route{Method::get, "/redirections/{shortId}/stats", kTrusted, false, 0, read_of_redirection,
          "its hits by ?by= day or hour, country, device and rule, ?from= and ?to= (UTC days)", 200,
          Shape::one, &kStatistics},
    Route{Method::get, "/stats", kOperators, false, 0, read_of_account,
          "the same over all redirections of the account", 200, Shape::one, &kStatistics},
};

}  // namespace

std::span<const Route> statistics_routes() {
    return kRoutes;
}

}  // namespace redirector::api
