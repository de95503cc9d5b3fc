#include "redirector/api/body.hpp"

#include "redirector/api/query.hpp"
#include "redirector/text.hpp"
#include "rules/utf8.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace redirector::api {
namespace {

namespace json = boost::json;

// What is stored is read, and put into a list, by parsers that go 32 levels deep.
constexpr std::size_t kMaxDepth = 24;
constexpr std::size_t kMaxFormDepth = 8;  // by the dots of a name; a text there goes as deep again
constexpr std::size_t kMaxTextDepth = kMaxDepth - kMaxFormDepth;
constexpr std::size_t kMaxFormFields = 256;
constexpr std::size_t kMaxBoundary = 70;  // RFC 2046 5.1.1

ParsedValue malformed(std::string message) {
    ParsedValue parsed;
    parsed.problems.push_back({Code::malformed_request, "", std::move(message)});
    return parsed;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// The value of a parameter such as boundary="x" in a field like Content-Type; empty: absent.
std::string_view parameter(std::string_view field, std::string_view name) {
    while (!field.empty()) {
        const std::string_view part = trim(field.substr(0, field.find(';')));
        field.remove_prefix(std::min(field.size(), field.find(';')));
        if (!field.empty()) field.remove_prefix(1);
        const auto equals = part.find('=');
        if (equals == part.npos || !equal_ignoring_case(part.substr(0, equals), name)) continue;
        std::string_view value = part.substr(equals + 1);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

// Puts one field into the document: each dot of its name goes one object deeper.
bool place(json::object& document, std::string_view name, std::string value) {
    json::object* target = &document;
    for (std::size_t depth = 1; name.find('.') != name.npos; ++depth) {
        json::value& inner = (*target)[name.substr(0, name.find('.'))];
        if (inner.is_null()) inner.emplace_object();
        if (!inner.is_object() || depth == kMaxFormDepth) return false;
        target = &inner.get_object();
        name.remove_prefix(name.find('.') + 1);
    }
    if (name.empty()) return false;
    json::value& slot = (*target)[name];
    if (slot.is_null()) {
        slot.emplace_string() = value;
    } else if (slot.is_string()) {
        slot = json::array{slot, json::string(value)};
    } else if (slot.is_array()) {
        slot.get_array().emplace_back(json::string(value));
    } else {
        return false;
    }
    return true;
}

// What is wrong with a field of a form, which is to be put into the document; empty: nothing.
std::string put(json::object& document, std::string_view name, std::string_view text) {
    if (!rules::is_well_formed(name) || !rules::is_well_formed(text))
        return "the form's field \"" + rules::well_formed(name) + "\" is not UTF-8";
    if (place(document, name, std::string(text))) return {};
    return "the form's field \"" + std::string(name) +
           "\" contradicts another one, or has too many dots";
}

// One part of a multipart body: its field name and its text.
struct Part {
    std::string_view name;
    std::string_view text;
};

std::optional<Part> read_part(std::string_view part) {
    const auto blank = part.find("\r\n\r\n");
    if (blank == part.npos) return std::nullopt;
    std::string_view head = part.substr(0, blank);
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        const std::string_view field = line.substr(0, line.find(':'));
        if (!equal_ignoring_case(field, "content-disposition")) continue;
        const std::string_view name = parameter(line, "name");
        if (name.empty()) return std::nullopt;
        return Part{name, part.substr(blank + 4)};
    }
    return std::nullopt;
}

json::value coerced(const FieldSpec& field, json::value value);

json::value parsed_text(const json::string& text) {
    json::error_code error;
    json::parse_options options;
    options.max_depth = kMaxTextDepth;
    json::value value = json::parse({text.data(), text.size()}, error, {}, options);
    return error ? json::value(text) : value;
}

// "a,b" or ["a","b"] where an array is asked for.
json::value split_text(const json::string& text) {
    if (text.starts_with("[")) return parsed_text(text);
    json::array items;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), item.size() + 1));
        items.emplace_back(trim(item));
    }
    return items;
}

json::value coerced(const FieldSpec& field, json::value value) {
    if (field.type == Type::document && value.is_object())
        coerce(*field.nested, value.get_object());
    if (!value.is_string()) return value;
    switch (field.type) {
        case Type::texts:
        case Type::ids:
            return split_text(value.get_string());
        case Type::integer:
        case Type::number:
        case Type::timestamp:
        case Type::boolean:
        case Type::object:
        case Type::string_map:
        case Type::values:
        case Type::document:
        case Type::any:
            return parsed_text(value.get_string());
        default:
            return value;
    }
}

std::string_view media_type(const Request& request) {
    const std::string_view field = request.field(Field::content_type);
    return trim(field.substr(0, field.find(';')));
}

bool is_json(std::string_view type) {
    return type.empty() || equal_ignoring_case(type, "application/json") ||
           (type.starts_with("application/") && type.ends_with("+json"));
}

}  // namespace

ParsedValue parse_json(std::string_view body) {
    json::parse_options options;
    options.max_depth = kMaxDepth;
    json::stream_parser parser({}, options);
    json::error_code error;
    const std::size_t read = parser.write_some(body.data(), body.size(), error);
    if (!error) parser.finish(error);
    if (error) {
        return malformed("the body is not JSON: " + error.message() + " at byte " +
                         std::to_string(read));
    }
    if (body.find_first_not_of(" \t\r\n", read) != body.npos) {
        return malformed("the body is not JSON: more text after the document at byte " +
                         std::to_string(read));
    }
    ParsedValue parsed;
    parsed.value = parser.release();
    return parsed;
}

ParsedBody parse_object(std::string_view body) {
    ParsedValue parsed = parse_json(body);
    if (parsed.problems.empty() && !parsed.value.is_object())
        parsed = malformed("the body must be a JSON object");
    if (!parsed.problems.empty()) return {{}, std::move(parsed.problems)};
    return {std::move(parsed.value.get_object()), {}};
}

ParsedValue parse_form(std::string_view body) {
    const Query fields(body, kMaxFormFields);
    if (fields.truncated()) return malformed("the form has more than 256 fields");
    json::object document;
    for (const auto& [name, value] : fields.all()) {
        if (std::string refusal = put(document, name, value); !refusal.empty())
            return malformed(std::move(refusal));
    }
    return {std::move(document), {}, true};
}

ParsedValue parse_multipart(std::string_view body, std::string_view boundary) {
    if (boundary.empty() || boundary.size() > kMaxBoundary)
        return malformed("the multipart body names no boundary of 1 to 70 characters");
    const std::string delimiter = "\r\n--" + std::string(boundary);
    const std::string opening = delimiter.substr(2);
    if (!body.starts_with(opening)) return malformed("the multipart body lacks its boundary");
    body.remove_prefix(opening.size());
    json::object document;
    for (std::size_t parts = 0; !body.starts_with("--"); ++parts) {
        if (parts == kMaxFormFields) return malformed("the form has more than 256 fields");
        const auto end = body.find(delimiter);
        if (!body.starts_with("\r\n") || end == body.npos)
            return malformed("the multipart body does not end with its boundary");
        const auto part = read_part(body.substr(0, end).substr(std::min<std::size_t>(2, end)));
        if (!part) return malformed("a part of the multipart body has no name");
        if (std::string refusal = put(document, part->name, part->text); !refusal.empty())
            return malformed(std::move(refusal));
        body.remove_prefix(end + delimiter.size());
    }
    return {std::move(document), {}, true};
}

ParsedBody read_object(const Request& request) {
    if (is_json(media_type(request))) return parse_object(request.body);
    ParsedBody refused;
    refused.problems.push_back({Code::unsupported_media_type, "Content-Type",
                                "the body of this call is application/json"});
    return refused;
}

ParsedValue parse_body(const Request& request) {
    const std::string_view field = request.field(Field::content_type);
    const std::string_view type = media_type(request);
    if (is_json(type)) return parse_json(request.body);
    if (equal_ignoring_case(type, "application/x-www-form-urlencoded"))
        return parse_form(request.body);
    if (equal_ignoring_case(type, "multipart/form-data"))
        return parse_multipart(request.body, parameter(field, "boundary"));
    ParsedValue refused;
    refused.problems.push_back(
        {Code::unsupported_media_type, "Content-Type",
         "bodies are application/json, application/x-www-form-urlencoded or multipart/form-data"});
    return refused;
}

void coerce(const DocumentSpec& spec, json::object& form) {
    for (auto& member : form) {
        const FieldSpec* const field = spec.find(member.key());
        if (field != nullptr) member.value() = coerced(*field, std::move(member.value()));
    }
}

ParsedBody read_document(const Request& request, const DocumentSpec& spec, Verb verb) {
    ParsedValue parsed = parse_body(request);
    if (parsed.problems.empty() && !parsed.value.is_object())
        parsed = malformed("the body must be a JSON object");
    if (!parsed.problems.empty()) return {{}, std::move(parsed.problems)};
    ParsedBody body{std::move(parsed.value.get_object()), {}};
    if (parsed.form) coerce(spec, body.object);
    body.problems = check(spec, verb, body.object);
    return body;
}

}  // namespace redirector::api
