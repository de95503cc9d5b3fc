// Names of the indexes of actions, as scan/index.hpp has them: "thng=<id>", "type=scans".
// Threads: pure.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace redirector::api {

std::string action_index(std::string_view field, std::string_view value);
std::string action_index_of_project(std::string_view project);

// The name of an index of actions, without the document's name that a filter puts before it.
std::string action_index(const std::string& index_of_document);

// Whether actions of the type have an index. Those of redirects have none: they are what the stream
// mostly holds.
bool has_type_index(std::string_view type);

// The indexes that an action belongs to.
std::vector<std::string> indexes_of_action(const boost::json::object& action);

}  // namespace redirector::api
