// What a value of each field type may be.
#include "redirector/api/schema.hpp"
#include "redirector/store/ids.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace redirector::api {
namespace {

namespace json = boost::json;
using Refusal = std::optional<std::string>;

constexpr std::size_t kMaxKey = 200;  // bytes of a map's key
// 9999-12-31: later ones have no place in a 12-digit index member, nor in a calendar.
constexpr std::int64_t kLastTimestamp = 253'402'300'799'999;

Refusal refuse_email(std::string_view text) {
    const auto at = text.find('@');
    const bool good = at != text.npos && at > 0 && text.find('@', at + 1) == text.npos &&
                      text.find('.', at) != text.npos && !text.ends_with('.') &&
                      text.size() <= 254 && text.find_first_of(" \t\r\n<>\"") == text.npos;
    if (good) return std::nullopt;
    return "must be an e-mail address";
}

Refusal refuse_choice(const FieldSpec& field, std::string_view text) {
    if (std::ranges::find(field.values, text) != field.values.end()) return std::nullopt;
    std::string allowed = "must be one of";
    for (const auto value : field.values)
        allowed.append(allowed.ends_with("of") ? " " : ", ").append(value);
    return allowed;
}

Refusal refuse_text(const FieldSpec& field, std::string_view text) {
    const std::size_t max = field.max > 0 ? field.max : kMaxText;
    if (text.size() > max) return "is longer than " + std::to_string(max) + " bytes";
    switch (field.type) {
        case Type::resource_id:
            if (!store::is_resource_id(text)) return "must be an ID of 24 letters and digits";
            return std::nullopt;
        case Type::short_id:
            if (!store::is_short_id(text)) return "must be 4 to 40 of A-Z a-z 0-9 _ -";
            return std::nullopt;
        case Type::enumeration:
            return refuse_choice(field, text);
        case Type::url_template:
            return refuse_target(text);
        case Type::email:
            return refuse_email(text);
        default:
            if (text.empty() && field.required) return "cannot be blank";
            return std::nullopt;
    }
}

Refusal refuse_array(const FieldSpec& field, const json::value& value) {
    const bool ids = field.type == Type::ids;
    const std::string what = ids ? "must be an array of IDs" : "must be an array of strings";
    if (!value.is_array()) return what;
    if (value.get_array().size() > field.max_items)
        return "has more than " + std::to_string(field.max_items) + " items";
    FieldSpec item = field;
    item.type = ids ? Type::resource_id : Type::text;
    for (const json::value& element : value.get_array()) {
        if (!element.is_string()) return what;
        if (auto refusal = refuse_text(item, element.get_string()))
            return "holds an item that " + *refusal;
    }
    return std::nullopt;
}

Refusal refuse_map(const FieldSpec& field, const json::value& value) {
    if (!value.is_object()) return "must be an object";
    const json::object& map = value.get_object();
    if (map.size() > kMaxItems) return "has more than " + std::to_string(kMaxItems) + " members";
    for (const auto& member : map) {
        if (member.key().empty() || member.key().size() > kMaxKey)
            return "has a name that is empty or longer than " + std::to_string(kMaxKey) + " bytes";
        if (field.type == Type::string_map && !member.value().is_string())
            return "must hold strings only";
        if (field.type == Type::values && member.value().is_null()) return "must not hold null";
    }
    return std::nullopt;
}

Refusal refuse_nested(const FieldSpec& field, const json::value& value) {
    if (!value.is_object()) return "must be an object";
    json::object nested = value.get_object();
    const Problems problems = check(*field.nested, Verb::create, nested);
    if (problems.empty()) return std::nullopt;
    return "is not right: " + problems.front().message;
}

Refusal refuse_number(const FieldSpec& field, const json::value& value) {
    switch (field.type) {
        case Type::boolean:
            if (!value.is_bool()) return "must be true or false";
            return std::nullopt;
        case Type::number:
            if (!value.is_number()) return "must be a number";
            return std::nullopt;
        default:
            if (!value.is_int64() || value.get_int64() < 0)
                return "must be a whole number, 0 or more";
            if (field.type == Type::timestamp && value.get_int64() > kLastTimestamp)
                return "must be milliseconds since the epoch, before the year 10000";
            return std::nullopt;
    }
}

}  // namespace

Refusal refuse_value(const FieldSpec& field, const json::value& value) {
    switch (field.type) {
        case Type::integer:
        case Type::timestamp:
        case Type::number:
        case Type::boolean:
            return refuse_number(field, value);
        case Type::texts:
        case Type::ids:
            return refuse_array(field, value);
        case Type::string_map:
        case Type::object:
        case Type::values:
            return refuse_map(field, value);
        case Type::any:
            if (value.is_null()) return "must not be null";
            return std::nullopt;
        case Type::document:
            return refuse_nested(field, value);
        default:
            if (!value.is_string()) return "must be a string";
            return refuse_text(field, value.get_string());
    }
}

}  // namespace redirector::api
