// What an action is done on: the resource that its path or its body names, found and checked.
// Errors:  answered: 400 naming the field, 404 for what a path names, 503.
// Threads: on the I/O thread of the call.
// Source:  reference/001 "Aliased Actions"; reference/api-facts.md 8 (Action).
#pragma once

#include "redirector/api/documents.hpp"
#include "redirector/api/new_actions.hpp"

#include <string>
#include <string_view>

namespace redirector::api {

// What a path of actions says: /actions/{type}, or /thngs/{id}/actions/{type} and its like.
struct ActionPath {
    std::string type;               // a type's name, or "all"
    const Resource* of = nullptr;   // of the resource named before; null: none is
    std::string id;                 // its ID
    std::string_view id_of_action;  // what follows the type; empty: nothing
};
ActionPath action_path(const Call& call);

inline constexpr std::string_view kAllTypes = "all";

// Whether the resource before the path's /actions is there and seen; true where there is none.
Awaitable<bool> find_parent(Call& call, const ActionPath& path);

// Whether there is such a type: built in, or added to the account and within the key's scope.
// nullopt: store down, which is answered.
Awaitable<std::optional<bool>> is_action_type(Call& call, std::string name);

// Looks up what the actions name: custom types, targets (by their identifiers where none is named),
// places. Fills in a thng's product and a place's position. False: refused, which is answered.
Awaitable<bool> resolve_targets(Call& call, NewActions& actions);

}  // namespace redirector::api
