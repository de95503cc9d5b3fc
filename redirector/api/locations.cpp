// Where a thng is and was: points, or references to places.
#include "redirector/api/history.hpp"
#include "redirector/api/position.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/standard_routes.hpp"
#include "redirector/api/tables.hpp"

#include <boost/json.hpp>

#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxUpdates = 1'000;  // locations of one request

std::int64_t time_of(const json::object& location) {
    const json::value* const time = location.if_contains("timestamp");
    return time != nullptr && time->is_int64() ? time->get_int64() : -1;
}

std::int64_t latest_of(const json::object& thng) {
    const json::value* const location = thng.if_contains("location");
    return location != nullptr && location->is_object() ? time_of(location->get_object()) : -1;
}

Problems read_location(json::value& element, std::vector<json::object>& locations) {
    if (!element.is_object())
        return {{Code::invalid_field, "", "the body must be an array of objects"}};
    json::object location = std::move(element.get_object());
    Problems problems = check(kLocation, Verb::create, location);
    if (problems.empty()) problems = mirror_position("location", location);
    if (!problems.empty()) return problems;
    if (!location.contains("place") && !location.contains("position")) {
        return {
            {Code::missing_field, "position", "location.position is required, or location.place"}};
    }
    if (!location.contains("timestamp")) location["timestamp"] = now_ms();
    locations.push_back(std::move(location));
    return {};
}

// An empty array means nothing to change: the SDK sends one when it knows no position.
std::optional<std::vector<json::object>> read_locations(Call& call) {
    ParsedValue parsed = parse_body(call.request);
    if (parsed.form && parsed.value.is_object()) coerce(kLocation, parsed.value.get_object());
    if (parsed.value.is_object()) parsed.value = json::array{std::move(parsed.value)};
    std::vector<json::object> locations;
    if (parsed.problems.empty() &&
        (!parsed.value.is_array() || parsed.value.get_array().size() > kMaxUpdates)) {
        parsed.problems.push_back(
            {Code::invalid_field, "", "the body must be an array of at most 1000 locations"});
    }
    for (std::size_t i = 0; parsed.problems.empty() && i < parsed.value.get_array().size(); ++i)
        parsed.problems = read_location(parsed.value.get_array()[i], locations);
    if (parsed.problems.empty()) return locations;
    call.refuse(parsed.problems);
    return std::nullopt;
}

// Every place that is named must be there.
Awaitable<bool> places_exist(Call& call, const std::vector<json::object>& locations) {
    std::vector<std::string> ids;
    for (const json::object& location : locations) {
        if (location.contains("place")) ids.emplace_back(text_of(location, "place"));
    }
    if (ids.empty()) co_return true;
    const std::vector<std::string> named = ids;
    const auto found = co_await find_documents(call, kPlace, std::move(ids));
    if (!found) co_return false;
    if (found->size() == named.size()) co_return true;
    call.refuse(Code::invalid_field, "place", "location.place names no place of this account");
    co_return false;
}

Awaitable<void> write_locations(Call& call) {
    const auto locations = read_locations(call);
    if (!locations) co_return;
    const bool exist = co_await places_exist(call, *locations);
    if (!exist) co_return;
    const store::Documents store(call.services.redis, call.actor.account);
    const Edit edit = [&](json::object& thng, std::vector<store::Command>& along) {
        const std::string id(text_of(thng, "id"));
        for (const json::object& location : *locations) {
            add_point(store, id, kLocationHistory, time_of(location), location, along);
            if (time_of(location) >= latest_of(thng)) thng["location"] = location;
        }
        return true;
    };
    std::string id(call.captures[0]);
    const auto changed = co_await change_document(call, kThngs, std::move(id), edit);
    if (!changed) co_return;
    json::array answer;
    for (const json::object& location : *locations)
        answer.emplace_back(location);
    answer_json(call, answer);
}

json::object shown_location(Point point) {
    return point.value.is_object() ? std::move(point.value.get_object()) : json::object();
}

Awaitable<void> read_locations_of(Call& call) {
    std::string id(call.captures[0]);
    const auto found = co_await find_document(call, kThng, id);
    if (!found) co_return;
    std::string name(kLocationHistory);
    co_await answer_history(call, kLocation, std::move(id), std::move(name), shown_location);
}

Awaitable<void> remove_locations(Call& call) {
    const auto before = read_time(call, Query(call.request.query), "to");
    if (!before) co_return;
    const store::Documents store(call.services.redis, call.actor.account);
    const Edit edit = [&](json::object& thng, std::vector<store::Command>& along) {
        const std::string id(text_of(thng, "id"));
        if (*before >= 0 && latest_of(thng) >= *before) {
            drop_points(store, id, kLocationHistory, *before, along);
        } else {
            drop_history(store, id, kLocationHistory, along);
            thng.erase("location");
        }
        return true;
    };
    std::string id(call.captures[0]);
    co_await change_document(call, kThngs, std::move(id), edit);
}

constexpr KeyTypes kWriters = kUsers | bit(KeyType::device);
constexpr std::string_view kPath = "/thngs/{thng}/location";

constexpr std::array kRoutes{
    Route{Method::get, kPath, kWriters, false, 0, read_locations_of,
          "history, newest first; ?from=, ?to= and ?filter=timestamp", 200, Shape::list,
          &kLocation},
    Route{Method::put, kPath, kWriters, false, kJsonBody, write_locations, "where it is, or was",
          200, Shape::list, &kLocation, Shape::list},
    Route{Method::delete_, kPath, kTrusted, false, 0, remove_locations,
          "removes all, or those before ?to="},
};

}  // namespace

std::span<const Route> location_routes() {
    return kRoutes;
}

}  // namespace redirector::api
