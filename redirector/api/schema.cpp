#include "redirector/api/schema.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <vector>

namespace redirector::api {

namespace json = boost::json;

const FieldSpec* DocumentSpec::find(std::string_view field) const {
    const auto found = std::ranges::find(fields, field, &FieldSpec::name);
    return found == fields.end() ? nullptr : &*found;
}

Problems check(const DocumentSpec& spec, Verb verb, json::object& body) {
    Problems problems;
    const auto report = [&](Code code, std::string_view field, const std::string& what) {
        problems.push_back({code, std::string(field),
                            std::string(spec.name) + "." + std::string(field) + " " + what});
    };
    std::vector<std::string> ignored;
    for (const auto& member : body) {
        const FieldSpec* const field = spec.find(member.key());
        if (field == nullptr || field->access == Access::hidden) {
            report(Code::unknown_field, member.key(), "is not a field of this document");
        } else if (field->access == Access::read_only ||
                   (field->access == Access::once && verb == Verb::update)) {
            ignored.emplace_back(member.key());
        } else if (member.value().is_null() && !field->required) {
            if (verb == Verb::create) ignored.emplace_back(member.key());
        } else if (const auto refusal = refuse_value(*field, member.value())) {
            report(Code::invalid_field, member.key(), *refusal);
        }
    }
    for (const std::string& name : ignored)
        body.erase(name);
    for (const FieldSpec& field : spec.fields) {
        if (verb == Verb::create && field.required && !body.contains(field.name)) {
            report(Code::missing_field, field.name, "is required");
        }
    }
    return problems;
}

void hide(const DocumentSpec& spec, json::object& document) {
    for (const FieldSpec& field : spec.fields) {
        if (field.access == Access::write_only || field.access == Access::hidden)
            document.erase(field.name);
    }
}

}  // namespace redirector::api
