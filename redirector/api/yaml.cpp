#include "redirector/api/yaml.hpp"

#include <boost/json.hpp>

#include <yaml-cpp/emitter.h>

namespace redirector::api {
namespace {

namespace json = boost::json;

void emit(const json::value& value, YAML::Emitter& out) {
    switch (value.kind()) {
        case json::kind::object:
            out << YAML::BeginMap;
            for (const auto& member : value.get_object()) {
                out << YAML::Key << YAML::DoubleQuoted << std::string(member.key()) << YAML::Value;
                emit(member.value(), out);
            }
            out << YAML::EndMap;
            break;
        case json::kind::array:
            out << YAML::BeginSeq;
            for (const json::value& item : value.get_array())
                emit(item, out);
            out << YAML::EndSeq;
            break;
        case json::kind::string:
            out << YAML::DoubleQuoted << std::string(value.get_string());
            break;
        case json::kind::null:
            out << YAML::Null;
            break;
        default:
            // Numbers, true and false are spelled as in JSON (YAML 1.2, 10.2).
            out << json::serialize(value);
    }
}

}  // namespace

std::string to_yaml(std::string_view text) {
    json::error_code error;
    const json::value value = json::parse({text.data(), text.size()}, error);
    YAML::Emitter out;
    if (!error) emit(value, out);
    return std::string(out.c_str()) + "\n";
}

}  // namespace redirector::api
