// The description of the API, generated from the route table and the documents' tables: OpenAPI 3,
// and a page for people.
// Threads: pure.
// Source:  OpenAPI Specification 3.0.3.
#pragma once

#include "redirector/api/route.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::api {

using RouteTable = std::vector<std::span<const Route>>;

// `api_url`: base of all paths.
std::string openapi_json(const RouteTable& table, std::string_view api_url);
std::string docs_html(const RouteTable& table);

}  // namespace redirector::api
