// A context value as documents and command lines bring it, before it is fitted to a field's type.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rules {

/// Stands for any JSON object: rules can only ask whether it is there.
struct Object {
    friend bool operator==(const Object&, const Object&) = default;
};

struct Value;
using ValueList = std::vector<Value>;

/// JSON null (std::monostate), boolean, integer, other number, text (UTF-8), array or object.
struct Value
    : std::variant<std::monostate, bool, std::int64_t, double, std::string, ValueList, Object> {
    using variant::variant;
};

/// Null and the empty array count as no value at all; "", 0, false and {} are values.
[[nodiscard]] inline bool is_missing(const Value& value) {
    if (const auto* list = std::get_if<ValueList>(&value)) return list->empty();
    return std::holds_alternative<std::monostate>(value);
}

/// A whole context: flat dotted field name -> value. What is absent has no value.
using Facts = std::map<std::string, Value, std::less<>>;

/// The value under a canonical field name, or null. `time` may also be given as `timestamp`.
[[nodiscard]] inline const Value& value_of(const Facts& facts, std::string_view name) {
    static const Value kNone;
    auto found = facts.find(name);
    if (found == facts.end() && name == "time") found = facts.find("timestamp");
    return found == facts.end() ? kNone : found->second;
}

}  // namespace rules
