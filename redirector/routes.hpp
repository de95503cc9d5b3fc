// The table of API routes: method, path, who may call, what answers. Served on the API listener,
// and on the short domain for /redirections.
// Shape:   a pattern is a path whose {name} segments capture one segment each.
// Threads: static data.
// Source:  contract 3 and 6; reference/api-facts.md 5 for who may do what.
#pragma once

#include "redirector/api/route.hpp"
#include "redirector/request.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector {

using api::bit;
using api::KeyTypes;
using api::Route;

// The whole table, in its parts.
std::vector<std::span<const Route>> api_routes();

struct RouteMatch {
    const Route* route = nullptr;  // null: no such path, or not with this method
    std::array<std::string_view, 4> captures{};
    std::string allow;  // methods that the path takes, for Allow; empty: no such path
};

// `short_domain_only` leaves out what only the API listener serves.
RouteMatch match_route(Method method, std::string_view path, bool short_domain_only);

std::string_view name_of(Method method);

}  // namespace redirector
