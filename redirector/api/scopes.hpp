// Scopes: which keys see a resource. `{"users": [ids or "all"], "projects": [ids]}` in the stored
// document; an operator's key sees all of its account, every other key what is scoped to its
// project (and a user what is scoped to it, or to all users; a device itself only).
// Threads: pure.
// Source:  reference/api-facts.md 6 (the +/- notation too).
#pragma once

#include "redirector/api/auth.hpp"
#include "redirector/api/errors.hpp"
#include "redirector/api/query.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace redirector::api {

bool visible(const Actor& actor, const boost::json::object& document);

// Whether the document is within scope of the project.
bool in_project(const boost::json::object& document, std::string_view project);

// The scopes of a new document: those of its body, else the project of ?project= or of the key.
Problems scope_new(const Actor& actor, const Query& query, boost::json::object& document);

// Merges the `scopes` of an update with those in force: a list of plain IDs replaces, a list of
// +IDs and -IDs adds and removes; both at once are refused.
Problems scope_change(const Actor& actor,
                      const boost::json::object& stored,
                      boost::json::object& update);

}  // namespace redirector::api
