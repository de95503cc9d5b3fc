#include "redirector/api/scopes.hpp"

#include "redirector/api/schema.hpp"
#include "redirector/store/ids.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 2> kLists{"users", "projects"};

const json::array* list_of(const json::object& document, std::string_view list) {
    const json::value* const scopes = document.if_contains("scopes");
    if (scopes == nullptr || !scopes->is_object()) return nullptr;
    const json::value* const found = scopes->get_object().if_contains(list);
    return found == nullptr ? nullptr : found->if_array();
}

bool holds(const json::array* list, std::string_view id) {
    return list != nullptr && std::ranges::any_of(*list, [id](const json::value& item) {
               return item.is_string() && item.get_string() == id;
           });
}

bool is_sign(char c) {
    return c == '+' || c == '-';
}

Problem refusal(std::string_view list, std::string message) {
    const std::string field = "scopes." + std::string(list);
    return {Code::invalid_field, field, field + " " + message};
}

// One list of an update, applied to the one in force.
Problems merge(std::string_view list, const json::array& given, json::array& merged) {
    const auto signed_items = std::ranges::count_if(given, [](const json::value& item) {
        return !item.get_string().empty() && is_sign(item.get_string().front());
    });
    if (signed_items != 0 && signed_items != static_cast<std::ptrdiff_t>(given.size()))
        return {refusal(list, "mixes plain IDs with + or -")};
    if (signed_items == 0) merged.clear();
    for (const json::value& item : given) {
        const std::string_view text = item.get_string();
        const std::string_view id = signed_items == 0 ? text : text.substr(1);
        if (!store::is_resource_id(id) && !(list == "users" && id == "all"))
            return {refusal(list, "holds \"" + std::string(text) + "\", which is no ID")};
        const auto same = [id](const json::value& other) { return other.get_string() == id; };
        const auto found = std::ranges::find_if(merged, same);
        if (merged.size() >= kMaxItems && found == merged.end() && text.front() != '-')
            return {refusal(list, "would hold more than 1000 IDs")};
        if (signed_items != 0 && text.front() == '-') {
            if (found != merged.end()) merged.erase(found);
        } else if (found == merged.end()) {
            merged.emplace_back(id);
        }
    }
    return {};
}

// Keys of a project may name no other.
Problems refuse_foreign(const Actor& actor, const json::object& document) {
    if (actor.type == KeyType::operator_) return {};
    const json::array* const projects = list_of(document, "projects");
    const bool own = projects != nullptr && projects->size() == 1 && holds(projects, actor.project);
    if (own) return {};
    return {{Code::forbidden, "scopes.projects",
             "scopes.projects: a key of a project may name no other project"}};
}

}  // namespace

bool in_project(const json::object& document, std::string_view project) {
    return holds(list_of(document, "projects"), project);
}

bool visible(const Actor& actor, const json::object& document) {
    const json::value* const id = document.if_contains("id");
    const bool own = id != nullptr && id->is_string() && id->get_string() == actor.id;
    switch (actor.type) {
        case KeyType::operator_:
            return true;
        case KeyType::trusted_application:
        case KeyType::application:
            return in_project(document, actor.project);
        case KeyType::user: {
            const json::array* const users = list_of(document, "users");
            return in_project(document, actor.project) &&
                   (holds(users, "all") || holds(users, actor.id));
        }
        case KeyType::device:
            return own;
    }
    return false;
}

Problems scope_new(const Actor& actor, const Query& query, json::object& document) {
    std::string project = actor.project;
    if (actor.type == KeyType::operator_) {
        project = query.find("project").value_or("");
        if (!project.empty() && !store::is_resource_id(project)) {
            return {{Code::invalid_parameter, "project",
                     "project must be an ID of 24 letters and digits"}};
        }
    }
    const std::string user = actor.type == KeyType::user ? actor.id : "all";
    json::object scopes{{"users", json::array{json::string(user)}}, {"projects", json::array()}};
    if (!project.empty()) scopes["projects"] = json::array{json::string(project)};
    json::object given{
        {"scopes", document.contains("scopes") ? document["scopes"] : json::value()}};
    document["scopes"] = std::move(scopes);
    if (!given["scopes"].is_object()) return {};
    if (Problems problems = scope_change(actor, document, given); !problems.empty())
        return problems;
    document["scopes"] = given["scopes"];
    return {};
}

Problems scope_change(const Actor& actor, const json::object& stored, json::object& update) {
    const json::value* const given = update.if_contains("scopes");
    if (given == nullptr) return {};
    json::object merged;
    for (const std::string_view list : kLists) {
        const json::array* const current = list_of(stored, list);
        json::array result = current == nullptr ? json::array() : *current;
        const json::value* const change =
            given->is_object() ? given->get_object().if_contains(list) : nullptr;
        if (change != nullptr && change->is_array()) {
            if (Problems problems = merge(list, change->get_array(), result); !problems.empty())
                return problems;
        }
        merged[list] = std::move(result);
    }
    const json::value* const before = stored.if_contains("scopes");
    const bool same = before != nullptr && json::value(merged) == *before;
    update["scopes"] = std::move(merged);
    if (same) return {};
    if (actor.type == KeyType::user) {
        return {{Code::forbidden, "scopes", "scopes: a user's key may not change them"}};
    }
    return refuse_foreign(actor, update);
}

}  // namespace redirector::api
