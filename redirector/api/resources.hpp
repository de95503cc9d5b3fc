// Every stored resource of the API, and the routes of each: what rules read, and what holds it.
// Shape:   the route table (routes.cpp) is these parts, one after the other.
// Threads: static data.
#pragma once

#include "redirector/api/documents.hpp"
#include "redirector/api/route.hpp"

#include <span>

namespace redirector::api {

extern const Resource kThngs;
extern const Resource kProducts;
extern const Resource kCollections;
extern const Resource kPlaces;
extern const Resource kProjects;
extern const Resource kApplications;
extern const Resource kAccounts;
extern const Resource kOperatorsOfAccount;
extern const Resource kActionTypes;
extern const Resource kApplicationUsers;

// checkins, implicitScans, scans, shares.
std::span<const std::string_view> built_in_action_types();

std::span<const Route> thng_routes();  // thngs and products
std::span<const Route> collection_routes();
std::span<const Route> place_routes();
std::span<const Route> project_routes();  // projects and applications
std::span<const Route> account_routes();  // access, accounts, operators
std::span<const Route> action_type_routes();
std::span<const Route> user_routes();
std::span<const Route> property_routes();
std::span<const Route> location_routes();
std::span<const Route> device_routes();
std::span<const Route> redirection_routes();  // those of a thng or product too
std::span<const Route> rate_limit_routes();

}  // namespace redirector::api
