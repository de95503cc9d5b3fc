#include "redirector/api/action_index.hpp"

#include "redirector/api/filter.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/scan/record.hpp"

namespace redirector::api {

std::string action_index(const std::string& index_of_document) {
    return index_of_document.substr(kAction.name.size() + 1);
}
std::string action_index(std::string_view field, std::string_view value) {
    return action_index(index_of_value(kAction, field, value));
}
std::string action_index_of_project(std::string_view project) {
    return action_index(index_of_project(kAction, project));
}

bool has_type_index(std::string_view type) {
    return type != scan::kImplicitScans;
}

std::vector<std::string> indexes_of_action(const boost::json::object& action) {
    const std::string implicit = index_of_value(kAction, "type", scan::kImplicitScans);
    std::vector<std::string> names;
    for (const std::string& name : indexes_of(kAction, action)) {
        const bool all = name == kAction.name;
        if (!all && name != implicit) names.push_back(action_index(name));
    }
    return names;
}

}  // namespace redirector::api
