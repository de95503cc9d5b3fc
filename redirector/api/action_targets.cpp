#include "redirector/api/action_targets.hpp"

#include "redirector/api/filter.hpp"
#include "redirector/api/position.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/scopes.hpp"
#include "redirector/api/tables.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxSearched = 16;  // identifiers of an action that a target is sought by

// What an action can be done on; a field is called as its resource's document. Thngs are last: the
// product that one brings along need not be seen by the key.
constexpr std::array<const Resource*, 3> kTargets{&kProducts, &kCollections, &kThngs};

using Found = std::map<std::string, json::object, std::less<>>;

Problem refusal(std::string_view field, std::string what) {
    return {Code::invalid_field, std::string(field),
            "action." + std::string(field) + " " + std::move(what)};
}

bool has_target(const json::object& action) {
    return std::ranges::any_of(
        kTargets, [&](const Resource* r) { return action.contains(r->document.name); });
}

bool is_custom(std::string_view type) {
    return type.starts_with('_');
}

// Devices see nothing but themselves, yet name types and places of their project.
bool within_scope(const Actor& actor, const DocumentSpec& spec, const json::object& document) {
    const bool shared = &spec == &kActionType || &spec == &kPlace;
    if (!shared || actor.type == KeyType::operator_) return visible(actor, document);
    return in_project(document, actor.project);
}

// Those of `ids` that are there and within the key's scope. nullopt: store down, which is answered.
Awaitable<std::optional<Found>> find_all(Call& call,
                                         const DocumentSpec& spec,
                                         std::set<std::string> ids) {
    std::optional<Found> found;
    std::vector<std::string> wanted(ids.begin(), ids.end());
    auto documents = co_await find_documents(call, spec, std::move(wanted), within_scope);
    if (!documents) co_return found;
    found.emplace();
    for (Document& document : *documents) {
        std::string id(document.id());
        found->emplace(std::move(id), std::move(document.fields));
    }
    co_return found;
}

// The IDs that actions have in a field, or in a field of their location.
std::set<std::string> named(const NewActions& actions, std::string_view field) {
    std::set<std::string> ids;
    for (const NewAction& action : actions.actions) {
        const std::string_view id = text_of(action.fields, field);
        if (!id.empty()) ids.emplace(id);
    }
    return ids;
}

const json::object* location_of(const NewAction& action) {
    const json::value* const location = action.fields.if_contains("location");
    return location == nullptr ? nullptr : location->if_object();
}

// Where there are several actions, which one is meant.
std::string place_in(const NewActions& actions, const NewAction& action) {
    if (!actions.as_array) return {};
    return "[" + std::to_string(&action - actions.actions.data()) + "] ";
}

void refuse_named(const NewActions& actions,
                  const NewAction& action,
                  Problem problem,
                  Problems& problems) {
    problem.message.insert(0, place_in(actions, action));
    problems.push_back(std::move(problem));
}

Awaitable<bool> check_types(Call& call, const NewActions& actions) {
    std::set<std::string> custom = named(actions, "type");
    std::erase_if(custom, [](const std::string& type) { return !is_custom(type); });
    if (custom.empty()) co_return true;
    const auto found = co_await find_all(call, kActionType, std::move(custom));
    if (!found) co_return false;
    Problems problems;
    for (const NewAction& action : actions.actions) {
        const std::string type(text_of(action.fields, "type"));
        if (is_custom(type) && !found->contains(type)) {
            refuse_named(actions, action,
                         refusal("type", "names \"" + type + "\", which is no action type"),
                         problems);
        }
    }
    if (!problems.empty()) call.refuse(problems);
    co_return problems.empty();
}

// The one resource of the kind that has one of the identifiers; empty: none, or more than one.
Awaitable<std::optional<std::string>> seek(Call& call,
                                           const Resource& resource,
                                           const json::object& identifiers) {
    store::MemberQuery query;
    query.limit = 2;
    for (const auto& [key, value] : identifiers) {
        if (query.indexes.size() == kMaxSearched) break;
        query.indexes.push_back(index_of_value(resource.document, "identifiers." + std::string(key),
                                               value.get_string()));
    }
    std::optional<std::string> id;
    store::Documents store(call.services.redis, call.actor.account);
    const store::Members members = co_await store.members(query);
    if (members.store_down) {
        refuse_store(call);
        co_return id;
    }
    id.emplace();
    if (members.members.size() == 1) *id = store::id_of_member(members.members.front());
    co_return id;
}

// An action of a built-in type that names no target is done on what its identifiers name.
Awaitable<bool> seek_target(Call& call, const NewActions& actions, NewAction& action) {
    if (has_target(action.fields) || is_custom(text_of(action.fields, "type"))) co_return true;
    const json::value* const identifiers = action.fields.if_contains("identifiers");
    const bool searchable = identifiers != nullptr && !identifiers->get_object().empty();
    for (const Resource* resource : {&kThngs, &kProducts}) {
        if (!searchable) break;
        const auto id = co_await seek(call, *resource, identifiers->get_object());
        if (!id) co_return false;
        if (id->empty()) continue;
        action.fields[resource->document.name] = *id;
        co_return true;
    }
    const std::string in = place_in(actions, action);
    if (searchable) {
        call.refuse(Code::invalid_field, "identifiers",
                    in + "action.identifiers are not those of exactly one thng or product");
    } else {
        call.refuse(Code::missing_field, "thng",
                    in + "action.thng is required, or action.product or action.collection");
    }
    co_return false;
}

// A thng brings its product along; one that is named beside it must be the same.
void take_product(const NewActions& actions,
                  NewAction& action,
                  const Found& thngs,
                  Problems& problems) {
    const auto thng = thngs.find(text_of(action.fields, "thng"));
    if (thng == thngs.end()) return;
    const std::string product(text_of(thng->second, "product"));
    const std::string given(text_of(action.fields, "product"));
    if (!given.empty() && given != product) {
        refuse_named(actions, action,
                     refusal("product", "\"" + given + "\" is not the product of the thng"),
                     problems);
    } else if (!product.empty()) {
        action.fields["product"] = product;
    }
}

Awaitable<bool> check_targets(Call& call, NewActions& actions) {
    Problems problems;
    for (const Resource* resource : kTargets) {
        const std::string_view field = resource->document.name;
        std::set<std::string> ids = named(actions, field);
        if (ids.empty()) continue;
        const auto found = co_await find_all(call, resource->document, std::move(ids));
        if (!found) co_return false;
        for (NewAction& action : actions.actions) {
            const std::string id(text_of(action.fields, field));
            if (!id.empty() && !found->contains(id)) {
                refuse_named(
                    actions, action,
                    refusal(field, "names \"" + id + "\", which is no " + std::string(field)),
                    problems);
            }
            if (resource == &kThngs) take_product(actions, action, *found, problems);
        }
    }
    if (!problems.empty()) call.refuse(problems);
    co_return problems.empty();
}

Awaitable<bool> check_places(Call& call, NewActions& actions) {
    std::set<std::string> ids;
    for (const NewAction& action : actions.actions) {
        const json::object* const location = location_of(action);
        if (location != nullptr && location->contains("place"))
            ids.emplace(text_of(*location, "place"));
    }
    if (ids.empty()) co_return true;
    const auto found = co_await find_all(call, kPlace, std::move(ids));
    if (!found) co_return false;
    Problems problems;
    for (NewAction& action : actions.actions) {
        const json::object* const location = location_of(action);
        if (location == nullptr || !location->contains("place")) continue;
        const std::string id(text_of(*location, "place"));
        const auto place = found->find(id);
        if (place == found->end()) {
            refuse_named(actions, action,
                         refusal("location", "names \"" + id + "\", which is no place"), problems);
        } else if (const auto position = position_of(place->second)) {
            action.position = scan::Coordinates{position->latitude, position->longitude};
        }
    }
    if (!problems.empty()) call.refuse(problems);
    co_return problems.empty();
}

}  // namespace

ActionPath action_path(const Call& call) {
    ActionPath path;
    std::size_t at = 0;
    for (const Resource* resource : kTargets) {
        if (!call.route->pattern.starts_with(std::string(resource->path) + "/")) continue;
        path.of = resource;
        path.id = call.captures[at++];
    }
    path.type = call.captures[at++];
    path.id_of_action = call.captures[at];
    return path;
}

Awaitable<bool> find_parent(Call& call, const ActionPath& path) {
    if (path.of == nullptr) co_return true;
    const auto parent = co_await find_document(call, path.of->document, path.id);
    co_return parent.has_value();
}

Awaitable<std::optional<bool>> is_action_type(Call& call, std::string name) {
    std::optional<bool> known;
    if (!is_custom(name)) {
        known = std::ranges::find(built_in_action_types(), name) != built_in_action_types().end();
        co_return known;
    }
    std::set<std::string> names{std::move(name)};
    const auto found = co_await find_all(call, kActionType, std::move(names));
    if (found) known = !found->empty();
    co_return known;
}

Awaitable<bool> resolve_targets(Call& call, NewActions& actions) {
    const bool typed = co_await check_types(call, actions);
    if (!typed) co_return false;
    for (NewAction& action : actions.actions) {
        const bool targeted = co_await seek_target(call, actions, action);
        if (!targeted) co_return false;
    }
    const bool good = co_await check_targets(call, actions);
    if (!good) co_return false;
    co_return co_await check_places(call, actions);
}

}  // namespace redirector::api
