#include "redirector/api/history.hpp"

#include "redirector/config.hpp"
#include "redirector/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::int64_t kLastTime = 253'402'300'799'999;

// The ends of a walk over a history, as ZRANGEBYLEX spells them, in the order of the walk.
struct Bounds {
    std::string from, to;
};

Bounds bounds_of(const Paging& paging, std::int64_t from, std::int64_t to) {
    Bounds bounds;
    bounds.from = from < 0 ? "-" : "[" + store::index_member(from, "");
    bounds.to = to < 0 ? "+" : "(" + store::index_member(to + 1, "");
    if (!paging.after.empty()) (paging.ascending ? bounds.from : bounds.to) = "(" + paging.after;
    if (!paging.ascending) std::swap(bounds.from, bounds.to);
    return bounds;
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
                               std::string id,
                               std::string name,
                               json::object (*show)(Point point)) {
    const Query query(call.request.query);
    Paging paging;
    Problems problems = read_paging(query, paging);
    if (!paging.after.empty() && !is_point(paging.after)) {
        problems.push_back(refuse_token());
    }
    if (!problems.empty()) {
        call.refuse(problems);
        co_return;
    }
    const auto from = read_time(call, query, "from");
    if (!from) co_return;
    const auto to = read_time(call, query, "to");
    if (!to) co_return;
    const Bounds bounds = bounds_of(paging, *from, *to);
    const store::Documents store(call.services.redis, call.actor.account);
    store::Command command{paging.ascending ? "ZRANGEBYLEX" : "ZREVRANGEBYLEX",
                           store.history_key(id, name),
                           bounds.from,
                           bounds.to,
                           "LIMIT",
                           "0",
                           std::to_string(paging.per_page + 1)};
    const auto reply = co_await call.services.redis.execute(std::move(command));
    if (!reply || reply->is_error()) {
        refuse_store(call);
        co_return;
    }
    json::array points;
    const std::size_t shown = std::min(paging.per_page, reply->elements.size());
    for (std::size_t i = 0; i < shown; ++i)
        points.emplace_back(show(point_of(reply->elements[i].text)));
    if (reply->elements.size() > shown) {
        call.reply.add("Link", next_link(call.services.config.api_url, call.request.path, query,
                                         reply->elements[shown - 1].text));
    }
    answer_json(call, points);
}

}  // namespace redirector::api
