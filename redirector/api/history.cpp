#include "redirector/api/history.hpp"

#include "redirector/api/filter.hpp"
#include "redirector/config.hpp"
#include "redirector/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::int64_t kLastTime = 253'402'300'799'999;
constexpr std::size_t kAtOnce = 100;  // looked at in one trip, where a filter sorts some out

// Which points are asked for.
struct Wanted {
    explicit Wanted(const DocumentSpec& spec) : filter(spec) {}

    Filter filter;
    Paging paging;
    std::int64_t from = 0, to = kLastTime;  // both included
};

std::string upper_end(std::int64_t to) {
    return "(" + store::index_member(to + 1, "");
}

// One trip of a walk: the commands' ends are in the order of the walk.
store::Command make_command(const Wanted& wanted,
                            std::string key,
                            const std::string& after,
                            std::size_t limit) {
    std::string low = "[" + store::index_member(wanted.from, "");
    std::string high = upper_end(wanted.to);
    if (!after.empty()) (wanted.paging.ascending ? low : high) = "(" + after;
    if (wanted.paging.ascending)
        return {"ZRANGEBYLEX", std::move(key), low, high, "LIMIT", "0", std::to_string(limit)};
    return {"ZREVRANGEBYLEX", std::move(key), high, low, "LIMIT", "0", std::to_string(limit)};
}

Point point_of(std::string_view member) {
    Point point;
    const std::string_view text = store::id_of_member(member);
    const auto digits = member.size() - text.size();
    std::from_chars(member.data(), member.data() + digits, point.timestamp, 16);
    json::error_code error;
    point.value = json::parse({text.data(), text.size()}, error);
    return point;
}

// A history member is any JSON text behind its time: the token is that text, as it stands.
bool is_point(std::string_view text) {
    return text.size() > 12 && store::is_document_member(text.substr(0, 13));
}

// Nothing: refused, which is answered.
std::optional<Wanted> read_wanted(Call& call, const Query& query, const DocumentSpec& spec) {
    Wanted wanted(spec);
    Problems problems = read_paging(query, wanted.paging);
    if (!wanted.paging.after.empty() && !is_point(wanted.paging.after))
        problems.push_back(refuse_token());
    const Problems unfit = wanted.filter.parse(query.find("filter").value_or(""));
    problems.insert(problems.end(), unfit.begin(), unfit.end());
    if (!problems.empty()) {
        call.refuse(problems);
        return std::nullopt;
    }
    const auto from = read_time(call, query, "from");
    if (!from) return std::nullopt;
    const auto to = read_time(call, query, "to");
    if (!to) return std::nullopt;
    const Filter::Span span = wanted.filter.span_of("timestamp");
    wanted.from = std::clamp(span.first, std::max<std::int64_t>(*from, 0), kLastTime + 1);
    wanted.to =
        std::min({*to < 0 ? kLastTime : *to, std::max<std::int64_t>(span.last, 0), kLastTime});
    return wanted;
}

}  // namespace

std::optional<std::int64_t> read_time(Call& call, const Query& query, std::string_view parameter) {
    const auto text = query.find(parameter);
    if (!text) return -1;
    const auto time = to_number<std::int64_t>(*text);
    if (time && *time >= 0 && *time <= kLastTime) return time;
    call.refuse(Code::invalid_parameter, std::string(parameter),
                std::string(parameter) + " must be milliseconds since the epoch");
    return std::nullopt;
}

void add_point(const store::Documents& store,
               std::string_view id,
               std::string_view name,
               std::int64_t timestamp,
               const json::value& value,
               std::vector<store::Command>& along) {
    const std::string key = store.history_key(id, name);
    along.push_back({"ZADD", key, "0", store::index_member(timestamp, json::serialize(value))});
    along.push_back({"ZREMRANGEBYRANK", key, "0", "-" + std::to_string(kMaxPoints + 1)});
}

void drop_points(const store::Documents& store,
                 std::string_view id,
                 std::string_view name,
                 std::int64_t before,
                 std::vector<store::Command>& along) {
    along.push_back({"ZREMRANGEBYLEX", store.history_key(id, name), "-",
                     "(" + store::index_member(before, "")});
}

void drop_history(const store::Documents& store,
                  std::string_view id,
                  std::string_view name,
                  std::vector<store::Command>& along) {
    along.push_back({"DEL", store.history_key(id, name)});
}

Awaitable<void> answer_history(Call& call,
                               const DocumentSpec& spec,
                               std::string id,
                               std::string name,
                               json::object (*show)(Point point)) {
    const Query query(call.request.query);
    const auto wanted = read_wanted(call, query, spec);
    if (!wanted) co_return;
    const store::Documents store(call.services.redis, call.actor.account);
    const std::size_t per_page = wanted->paging.per_page;
    const std::size_t limit = (wanted->filter.empty() ? per_page : kAtOnce) + 1;
    json::array points;
    std::string next = wanted->paging.after;
    while (true) {
        store::Command command = make_command(*wanted, store.history_key(id, name), next, limit);
        const auto reply = co_await call.services.redis.execute(std::move(command));
        if (!reply || reply->is_error()) {
            refuse_store(call);
            co_return;
        }
        const auto& members = reply->elements;
        std::size_t at = 0;
        for (; at < members.size() && points.size() < per_page; ++at) {
            Point point = point_of(members[at].text);
            if (wanted->filter.matches({{"timestamp", point.timestamp}}))
                points.emplace_back(show(std::move(point)));
        }
        if (at == members.size() && members.size() < limit) {
            next.clear();
            break;
        }
        if (at > 0) next = members[at - 1].text;
        if (points.size() == per_page) break;
    }
    if (!next.empty()) {
        call.reply.add("Link",
                       next_link(call.services.config.api_url, call.request.path, query, next));
    }
    answer_json(call, points);
}

}  // namespace redirector::api
