#include "redirector/api/openapi.hpp"

#include "redirector/api/schema.hpp"
#include "redirector/api/tables.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> kKeyNames{"operator", "trusted application",
                                                    "application", "user", "device"};

std::string_view method_name(Method method) {
    constexpr std::array<std::string_view, 5> kNames{"get", "head", "post", "put", "delete"};
    return kNames[static_cast<std::size_t>(method)];
}

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return result;
}

std::string keys_of(const Route& route) {
    if (route.allowed == kNoKeyNeeded) return "anybody";
    std::string names;
    for (std::size_t type = 0; type < kKeyNames.size(); ++type) {
        if ((route.allowed & bit(static_cast<KeyType>(type))) == 0) continue;
        names.append(names.empty() ? "" : ", ").append(kKeyNames[type]);
    }
    return names;
}

json::object reference(std::string_view schema) {
    return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

// Documents by the name under which the description holds them; nested ones are added as they are
// met.
using Schemas = std::map<std::string, const DocumentSpec*, std::less<>>;

std::string name_of(const DocumentSpec& spec, Schemas& schemas) {
    std::string name = upper(spec.name.substr(0, 1)) + std::string(spec.name.substr(1));
    name += "Document";
    // Two tables of one name: a part of the document, and the whole.
    const auto found = schemas.find(name);
    if (found != schemas.end() && found->second != &spec) name = "Resource" + name;
    schemas.emplace(name, &spec);
    return name;
}

json::object array_of(json::object items) {
    return {{"type", "array"}, {"items", std::move(items)}};
}

json::object text_schema(const FieldSpec& field) {
    json::object schema{{"type", "string"}};
    if (field.type == Type::resource_id) schema["pattern"] = "^[A-Za-z0-9]{24}$";
    if (field.type == Type::short_id) schema["pattern"] = "^[A-Za-z0-9_-]{4,40}$";
    if (field.type == Type::email) schema["format"] = "email";
    if (field.max > 0) schema["maxLength"] = field.max;
    if (!field.values.empty())
        schema["enum"] = json::array(field.values.begin(), field.values.end());
    return schema;
}

json::object type_schema(const FieldSpec& field, Schemas& schemas) {
    switch (field.type) {
        case Type::integer:
        case Type::timestamp:
            return {{"type", "integer"}, {"format", "int64"}, {"minimum", 0}};
        case Type::number:
            return {{"type", "number"}};
        case Type::boolean:
            return {{"type", "boolean"}};
        case Type::texts:
            return array_of(text_schema(field));
        case Type::ids:
            return array_of({{"type", "string"}, {"pattern", "^[A-Za-z0-9]{24}$"}});
        case Type::string_map:
            return {{"type", "object"}, {"additionalProperties", json::object{{"type", "string"}}}};
        case Type::object:
        case Type::values:
            return {{"type", "object"}, {"additionalProperties", true}};
        case Type::any:
            return {};
        case Type::document:
            return {{"allOf", json::array{reference(name_of(*field.nested, schemas))}}};
        default:
            return text_schema(field);
    }
}

json::object field_schema(const FieldSpec& field, Schemas& schemas) {
    json::object schema = type_schema(field, schemas);
    if (!field.meaning.empty()) schema["description"] = field.meaning;
    if (field.access == Access::read_only) schema["readOnly"] = true;
    if (field.access == Access::write_only) schema["writeOnly"] = true;
    if (field.filterable) schema["x-filterable"] = true;
    return schema;
}

json::object document_schema(const DocumentSpec& spec, Schemas& schemas) {
    json::object properties;
    json::array required;
    for (const FieldSpec& field : spec.fields) {
        if (field.access == Access::hidden) continue;
        properties[field.name] = field_schema(field, schemas);
        if (field.required) required.emplace_back(field.name);
    }
    json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["x-required-on-creation"] = std::move(required);
    return schema;
}

json::object content(json::object schema) {
    return {{"application/json", json::object{{"schema", std::move(schema)}}}};
}

// A file of any of the media types, which have ", " between them.
json::object files(std::string_view types) {
    json::object content;
    while (!types.empty()) {
        const std::string_view type = types.substr(0, types.find(", "));
        content[type] =
            json::object{{"schema", json::object{{"type", "string"}, {"format", "binary"}}}};
        types.remove_prefix(std::min(types.size(), type.size() + 2));
    }
    return content;
}

json::object shape_schema(Shape shape, const DocumentSpec* document, Schemas& schemas) {
    json::object one =
        document != nullptr ? reference(name_of(*document, schemas)) : json::object();
    return shape == Shape::list ? array_of(std::move(one)) : one;
}

json::array parameters_of(const Route& route) {
    json::array parameters;
    for (std::string_view rest = route.pattern; rest.find('{') != rest.npos;) {
        rest.remove_prefix(rest.find('{') + 1);
        parameters.push_back(json::object{{"name", rest.substr(0, rest.find('}'))},
                                          {"in", "path"},
                                          {"required", true},
                                          {"schema", json::object{{"type", "string"}}}});
    }
    const auto query = [&parameters](std::string_view name, std::string_view type,
                                     std::string_view meaning) {
        parameters.push_back(json::object{{"name", name},
                                          {"in", "query"},
                                          {"description", meaning},
                                          {"schema", json::object{{"type", type}}}});
    };
    if (route.method == Method::get && route.answers == Shape::list) {
        query("perPage", "integer", "1 to 100; 30 when absent");
        query("sortOrder", "string",
              "ASCENDING or DESCENDING (newest first), which is the default");
        query("nextPageToken", "string", "from the Link of the page before");
    }
    const bool listed = route.method == Method::get && route.answers == Shape::list;
    const bool history = listed && (route.document == &kProperty || route.document == &kLocation);
    const bool many =
        route.status == 204 || (listed && !history &&
                                (route.resource != nullptr || route.document == &kRedirection ||
                                 route.document == &kAction));
    if (many || history)
        query("filter", "string", "such as tags=red&name=a*: the grammar of rules, and ~");
    if (history) {
        query("from", "integer", "milliseconds since the epoch: not before this");
        query("to", "integer", "milliseconds since the epoch: not after this");
    }
    if (many) {
        query("ids", "string", "at most 100, with commas between them");
        query("project", "string", "only what is scoped to this project");
    }
    if (many && route.document == &kRedirection)
        query("evrythngId", "string", "only those of this resource");
    if (many && route.document == &kUser) query("app", "string", "only users of this application");
    if (route.resource != nullptr && route.status != 204 && route.method != Method::delete_)
        query("withScopes", "boolean", "true shows scopes");
    return parameters;
}

json::object operation(const Route& route, Schemas& schemas) {
    json::object success{{"description", route.meaning}};
    if (route.answers != Shape::none)
        success["content"] = content(shape_schema(route.answers, route.document, schemas));
    const bool takes_file = route.method == Method::put && !route.answer_types.empty();
    if (!takes_file && !route.answer_types.empty()) success["content"] = files(route.answer_types);
    json::object responses{{std::to_string(route.status), std::move(success)},
                           {"default", json::object{{"$ref", "#/components/responses/Refusal"}}}};
    json::object operation{{"summary", route.meaning},
                           {"description", "Keys: " + keys_of(route) + "."},
                           {"responses", std::move(responses)}};
    if (route.allowed == kNoKeyNeeded) operation["security"] = json::array();
    if (json::array parameters = parameters_of(route); !parameters.empty())
        operation["parameters"] = std::move(parameters);
    if (takes_file) {
        operation["requestBody"] =
            json::object{{"required", true}, {"content", files(route.answer_types)}};
    }
    if (route.body != Shape::none) {
        const DocumentSpec* const takes = route.takes != nullptr ? route.takes : route.document;
        operation["requestBody"] = json::object{
            {"required", true}, {"content", content(shape_schema(route.body, takes, schemas))}};
    }
    return operation;
}

json::object refusal_schema() {
    const json::object text{{"type", "string"}};
    json::object detail{
        {"type", "object"},
        {"properties", json::object{{"code", text},
                                    {"field", text},
                                    {"message", text},
                                    {"offset", json::object{{"type", "integer"}}}}}};
    return {{"type", "object"},
            {"properties", json::object{{"status", json::object{{"type", "integer"}}},
                                        {"code", text},
                                        {"errors", array_of(text)},
                                        {"details", array_of(std::move(detail))},
                                        {"missing", array_of(text)},
                                        {"guid", text},
                                        {"moreInfo", text}}}};
}

std::string code_list() {
    std::string list = "code is one of:";
    for (std::size_t i = 0; i < static_cast<std::size_t>(Code::count_); ++i) {
        const CodeInfo& code = info(static_cast<Code>(i));
        list.append("\n- ").append(code.name).append(" (").append(std::to_string(code.status));
        list.append("): ").append(code.meaning);
    }
    return list;
}

std::string escape_html(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '<') {
            escaped += "&lt;";
        } else if (c == '&') {
            escaped += "&amp;";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

void append_document(const DocumentSpec& spec, std::string& html) {
    html.append("<h3>").append(spec.name).append("</h3>\n<table><tr><th>field<th>access<th>");
    html.append("meaning</tr>\n");
    constexpr std::array<std::string_view, 4> kAccess{"", "on creation", "read-only", "write-only"};
    for (const FieldSpec& field : spec.fields) {
        if (field.access == Access::hidden) continue;
        std::string access(kAccess[static_cast<std::size_t>(field.access)]);
        if (field.required) access += access.empty() ? "required" : ", required";
        if (field.filterable) access += access.empty() ? "filterable" : ", filterable";
        html.append("<tr><td><code>").append(field.name).append("</code><td>").append(access);
        html.append("<td>").append(escape_html(field.meaning)).append("</tr>\n");
    }
    html.append("</table>\n");
}

}  // namespace

std::string openapi_json(const RouteTable& table, std::string_view api_url) {
    Schemas schemas;
    json::object paths;
    for (const std::span<const Route> part : table) {
        for (const Route& route : part) {
            json::value& path = paths[route.pattern];
            if (!path.is_object()) path.emplace_object();
            path.get_object()[method_name(route.method)] = operation(route, schemas);
        }
    }
    // Describing a document may add the documents within it.
    json::object described;
    for (bool more = true; more;) {
        more = false;
        const Schemas known = schemas;
        for (const auto& [name, spec] : known) {
            if (described.contains(name)) continue;
            described[name] = document_schema(*spec, schemas);
            more = true;
        }
    }
    described["Refusal"] = refusal_schema();
    json::object key{{"type", "apiKey"}, {"in", "header"}, {"name", "Authorization"}};
    json::object refusal{{"description", code_list()}, {"content", content(reference("Refusal"))}};
    json::object document{
        {"openapi", "3.0.3"},
        {"info", json::object{{"title", "Redirector management API"}, {"version", "1"}}},
        {"servers", json::array{json::object{{"url", api_url}}}},
        {"security", json::array{json::object{{"apiKey", json::array()}}}},
        {"paths", std::move(paths)},
        {"components",
         json::object{{"schemas", std::move(described)},
                      {"responses", json::object{{"Refusal", std::move(refusal)}}},
                      {"securitySchemes", json::object{{"apiKey", std::move(key)}}}}}};
    return json::serialize(document);
}

std::string docs_html(const RouteTable& table) {
    std::string html =
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Redirector "
        "API</title>\n<style>body{font:15px/1.45 sans-serif;max-width:70em;margin:2em auto;"
        "padding:0 1em}table{border-collapse:collapse;width:100%}td,th{text-align:left;"
        "vertical-align:top;padding:.2em .6em;border-bottom:1px solid #ddd}</style>\n"
        "<h1>Redirector management API</h1>\n<p>For programs: <a "
        "href=\"openapi.json\">openapi.json</a> (OpenAPI 3). Every call but those open to anybody "
        "carries <code>Authorization: KEY</code>.</p>\n<h2>Routes</h2>\n"
        "<table><tr><th>route<th>status<th>keys<th>meaning</tr>\n";
    std::map<std::string_view, const DocumentSpec*> documents;
    for (const std::span<const Route> part : table) {
        for (const Route& route : part) {
            html.append("<tr><td><code>").append(upper(method_name(route.method))).append(" ");
            html.append(route.pattern).append("</code><td>").append(std::to_string(route.status));
            html.append("<td>").append(keys_of(route)).append("<td>");
            html.append(escape_html(route.meaning)).append("</tr>\n");
            for (const DocumentSpec* spec : {route.document, route.takes}) {
                if (spec != nullptr) documents.emplace(spec->name, spec);
            }
        }
    }
    html.append("</table>\n<h2>Documents</h2>\n");
    for (const auto& [name, spec] : documents)
        append_document(*spec, html);
    return html;
}

}  // namespace redirector::api
