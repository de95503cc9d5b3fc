// Action types: four that are built in, and those that an account adds, whose names start with _.
// The name is the ID. `GET /actions` lists them.
#include "redirector/api/filter.hpp"
#include "redirector/api/listing.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/standard_routes.hpp"
#include "redirector/api/tables.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> kBuiltIn{"checkins", "implicitScans", "scans", "shares"};

bool is_custom_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '-';
    };
    return name.size() >= 2 && name.front() == '_' && std::ranges::all_of(name, allowed);
}

Problems derive(const json::object&, json::object& document) {
    const std::string name(text_of(document, "name"));  // a copy: inserting may move what is there
    if (!is_custom_name(name)) {
        return {{Code::invalid_field, "name",
                 "actionType.name must start with _; letters, digits, _ . and - may follow"}};
    }
    document["id"] = name;
    return {};
}

// The built-in ones come first, on the first page, with nothing but their name.
Awaitable<void> list_types(Call& call) {
    const Query query(call.request.query);
    Selection selection(kActionType);
    const Problems problems = read_selection(call, query, selection);
    if (!problems.empty()) {
        call.refuse(problems);
        co_return;
    }
    auto page = co_await read_page(call, selection);
    if (!page) co_return;
    std::vector<Document> built_in;
    for (const std::string_view name : kBuiltIn) {
        json::object type{{"name", name}};
        const bool first = selection.paging.after.empty() && !selection.by_ids;
        if (first && selection.filter.matches(type)) built_in.push_back({"", std::move(type)});
    }
    if (page->total) *page->total += built_in.size();
    page->documents.insert(page->documents.begin(), std::make_move_iterator(built_in.begin()),
                           std::make_move_iterator(built_in.end()));
    answer_page(call, query, kActionType, std::move(*page));
}

bool refuse_built_in(Call& call) {
    if (std::ranges::find(kBuiltIn, call.captures[0]) == kBuiltIn.end()) return false;
    call.refuse(Code::forbidden, "",
                "\"" + std::string(call.captures[0]) + "\" is a built-in action type");
    return true;
}

Awaitable<void> update_type(Call& call) {
    if (!refuse_built_in(call)) co_await update_resource(call);
}
Awaitable<void> remove_type(Call& call) {
    if (!refuse_built_in(call)) co_await remove_resource(call);
}

constexpr Route handled_by(Route route, Awaitable<void> (*handler)(Call&)) {
    route.handler = handler;
    return route;
}

constexpr std::array kRoutes{
    create_route("/actions", kTrusted, kActionTypes, kActionType, "creates an action type"),
    handled_by(list_route("/actions",
                          kUsers,
                          kActionTypes,
                          kActionType,
                          "lists action types, the built-in ones first"),
               list_types),
    handled_by(
        update_route(
            "/actions/{type}", kTrusted, kActionTypes, kActionType, "changes the fields given"),
        update_type),
    handled_by(
        remove_route(
            "/actions/{type}", kTrusted, kActionTypes, kActionType, "removes an action type"),
        remove_type),
};

}  // namespace

const Resource kActionTypes{kActionType, "/actions", derive};

std::span<const std::string_view> built_in_action_types() {
    return kBuiltIn;
}

std::span<const Route> action_type_routes() {
    return kRoutes;
}

}  // namespace redirector::api
