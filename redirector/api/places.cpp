// Places: where things happen. Those with a position are in the geo index of their partition.
#include "redirector/api/listing.hpp"
#include "redirector/api/position.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/scopes.hpp"
#include "redirector/api/standard_routes.hpp"
#include "redirector/api/tables.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr double kIndexedLatitude = 85.05112878;  // Redis GEOADD takes no more (EPSG:3857)
constexpr double kDefaultKilometres = 10;
constexpr double kMaxKilometres = 20'040;  // half way around
constexpr std::size_t kSpare = 4;  // places looked at per place wanted: not all may be in scope

// Of position and latitude with longitude, what was given overrules what was stored.
Problems derive(const json::object& given, json::object& document) {
    const json::value* const point = given.if_contains("position");
    const bool numbers = given.contains("latitude") || given.contains("longitude");
    if (point != nullptr && point->is_null()) {
        document.erase("latitude");
        document.erase("longitude");
    } else if (point == nullptr && numbers) {
        document.erase("position");
    }
    return mirror_position("place", document);
}

std::optional<Position> indexed_position(const json::object* document) {
    if (document == nullptr) return std::nullopt;
    auto position = position_of(*document);
    if (position) {
        position->latitude = std::clamp(position->latitude, -kIndexedLatitude, kIndexedLatitude);
    }
    return position;
}

void accompany(const store::Documents& store,
               const json::object* before,
               const json::object* after,
               std::vector<store::Command>& along) {
    const std::string id(text_of(after != nullptr ? *after : *before, "id"));
    const auto position = indexed_position(after);
    if (position) {
        along.push_back({"GEOADD", store.geo_key(id),
                         json::serialize(json::value(position->longitude)),
                         json::serialize(json::value(position->latitude)), id});
    } else if (indexed_position(before)) {
        along.push_back({"ZREM", store.geo_key(id), id});
    }
}

// A decimal number within [-limit, limit].
std::optional<double> read_number(const Query& query,
                                  std::string_view name,
                                  double limit,
                                  Problems& problems) {
    const auto text = query.find(name);
    if (!text) return std::nullopt;
    double number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error == std::errc{} && end == text->data() + text->size() && std::abs(number) <= limit)
        return number;
    problems.push_back({Code::invalid_parameter, std::string(name),
                        std::string(name) + " must be a number of at most " +
                            std::to_string(static_cast<int>(limit))});
    return std::nullopt;
}

Awaitable<void> list_near(Call& call, Position origin, double kilometres) {
    const Query query(call.request.query);
    Selection selection(kPlace);
    Problems problems = read_selection(call, query, selection);
    if (!problems.empty()) {
        call.refuse(problems);
        co_return;
    }
    store::Documents store(call.services.redis, call.actor.account);
    const std::size_t wanted = selection.paging.per_page;
    const auto near =
        co_await store.near(origin.latitude, origin.longitude, kilometres * 1000, wanted * kSpare);
    if (!near) {
        refuse_store(call);
        co_return;
    }
    std::vector<std::string> ids;
    for (const store::Nearby& place : *near)
        ids.push_back(place.id);
    auto found = co_await find_documents(call, kPlace, std::move(ids));
    if (!found) co_return;
    std::erase_if(*found, [&](const Document& place) {
        return !selection.filter.matches(place.fields) ||
               (!selection.project.empty() && !in_project(place.fields, selection.project));
    });
    if (found->size() > wanted) found->resize(wanted);
    Page page{std::move(*found), "", std::nullopt};
    answer_page(call, query, kPlace, std::move(page));
}

Awaitable<void> list_places(Call& call) {
    const Query query(call.request.query);
    Problems problems;
    const auto latitude = read_number(query, "lat", 90, problems);
    const auto longitude = read_number(query, "lon", 180, problems);
    const auto distance = read_number(query, "maxDist", kMaxKilometres, problems);
    if (problems.empty() && latitude.has_value() != longitude.has_value()) {
        const std::string missing = latitude ? "lon" : "lat";
        problems.push_back({Code::invalid_parameter, missing, missing + " is missing"});
    }
    if (distance && *distance <= 0)
        problems.push_back({Code::invalid_parameter, "maxDist", "maxDist must be above 0"});
    if (!problems.empty()) {
        call.refuse(problems);
    } else if (latitude) {
        const Position origin{*latitude, *longitude};
        co_await list_near(call, origin, distance.value_or(kDefaultKilometres));
    } else {
        co_await list_resources(call);
    }
}

constexpr KeyTypes kReaders = kUsers | bit(KeyType::application);

constexpr Route kList = [] {
    Route route = list_route("/places", kReaders, kPlaces, kPlace,
                             "lists places; with lat, lon and maxDist (km, 10 when absent) those "
                             "around, nearest first");
    route.handler = list_places;
    return route;
}();

constexpr std::array kRoutes{
    create_route("/places", kTrusted, kPlaces, kPlace, "creates a place"),
    kList,
    bulk_update_route("/places", kTrusted, kPlaces, kPlace, "changes those of ?ids= or ?filter="),
    read_route("/places/{place}", kReaders, kPlaces, kPlace, "reads a place"),
    update_route("/places/{place}", kTrusted, kPlaces, kPlace, "changes the fields given"),
    remove_route("/places/{place}", kTrusted, kPlaces, kPlace, "removes a place"),
};

}  // namespace

const Resource kPlaces{kPlace, "/places", derive, nullptr, accompany, nullptr};

std::span<const Route> place_routes() {
    return kRoutes;
}

}  // namespace redirector::api
