// Places: where things happen. Those with a position are in the geo index of their partition.
#include "redirector/api/listing.hpp"
#include "redirector/api/position.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/scopes.hpp"
#include "redirector/api/standard_routes.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr double kDefaultKilometres = 10;
constexpr double kMaxKilometres = 20'040;  // half way around
constexpr std::size_t kSpare = 4;  // places looked at per place wanted: not all may be in scope
constexpr std::size_t kMaxNear = 10'000;  // places around a point that can be paged through

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
        position->latitude =
            std::clamp(position->latitude, -store::kIndexedLatitude, store::kIndexedLatitude);
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

// The token of a page around a point: how many places are nearer than those it holds.
std::size_t read_skipped(const Paging& paging, Problems& problems) {
    if (paging.after.empty()) return 0;
    const auto skipped = to_number<std::size_t>(paging.after);
    if (!skipped || *skipped >= kMaxNear) problems.push_back(refuse_token());
    return skipped.value_or(0);
}

// Of `found`, in the order of `near`, the first that are wanted; `skipped` were on earlier pages.
Page nearest_page(const Selection& selection,
                  const std::vector<std::string>& near,
                  std::size_t skipped,
                  bool all_near,
                  std::vector<Document> found) {
    Page page;
    std::size_t looked_at = near.size();
    for (Document& place : found) {
        if (!selection.filter.matches(place.fields)) continue;
        if (!selection.project.empty() && !in_project(place.fields, selection.project)) continue;
        const auto at = std::ranges::find(near, place.id()) - near.begin();
        page.documents.push_back(std::move(place));
        if (page.documents.size() < selection.paging.per_page) continue;
        looked_at = static_cast<std::size_t>(at) + 1;
        break;
    }
    if (looked_at < near.size() || !all_near) page.next = std::to_string(skipped + looked_at);
    return page;
}

Awaitable<void> list_near(Call& call, Position origin, double kilometres) {
    const Query query(call.request.query);
    Selection selection(kPlace);
    Problems problems = read_paging(query, selection.paging);
    const std::size_t skipped = read_skipped(selection.paging, problems);
    std::ranges::move(read_conditions(call, query, selection), std::back_inserter(problems));
    if (!problems.empty()) {
        call.refuse(problems);
        co_return;
    }
    store::Documents store(call.services.redis, call.actor.account);
    const std::size_t limit = std::min(skipped + selection.paging.per_page * kSpare, kMaxNear);
    const auto near =
        co_await store.near(origin.latitude, origin.longitude, kilometres * 1000, limit);
    if (!near) {
        refuse_store(call);
        co_return;
    }
    std::vector<std::string> ids;
    for (std::size_t i = skipped; i < near->size(); ++i)
        ids.push_back((*near)[i].id);
    auto found = co_await find_documents(call, kPlace, ids);
    if (!found) co_return;
    const bool all_near = near->size() < limit || limit == kMaxNear;
    Page page = nearest_page(selection, ids, skipped, all_near, std::move(*found));
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
    bulk_remove_route("/places", kTrusted, kPlaces, kPlace, "removes those of ?ids= or ?filter="),
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
