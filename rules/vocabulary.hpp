// The vocabulary: every field and operator that a rule may use, each described once, as data.
// Threads: constant data.
// Source:  the platform's reference, "Context Data Fields"; rows marked `ours` go beyond it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rules {

/// Decides which operators and literals a field takes, before any value is seen.
enum class Type : std::uint8_t {
    text,         ///< exact bytes, case-sensitive
    folded,       ///< ASCII letters compare without regard to case
    enumeration,  ///< folded, and one of a closed list
    number,       ///< ordering too
    set,          ///< texts; `=` asks for membership
    dynamic,      ///< decided by the value that arrives
};

/// What it costs to know a field's value, and so when it is asked for.
enum class Tier : std::uint8_t {
    request,  ///< in the request itself, or one step from it
    stored,   ///< in the record of the thng or product that was scanned
    costly,   ///< needs a search or another document; fetched only when a decision hangs on it
};

struct Field {
    std::string_view name;  ///< in an open group the prefix, ending in "."
    Type type = Type::text;
    Tier tier = Tier::request;
    bool open = false;                              ///< any key may follow the name
    bool ours = false;                              ///< not part of the reference
    bool of_user = false;                           ///< always empty in an account's rules
    std::string_view alias_of = {};                 ///< the field that this name stands for
    std::span<const std::string_view> values = {};  ///< enumeration: the closed list, lower case
    double lowest = -std::numeric_limits<double>::infinity();  ///< number: range that `=` may name
    double highest = std::numeric_limits<double>::infinity();
    std::string_view unit = {};  ///< for messages and the README
};

/// Whether texts of this field compare without regard to ASCII case.
[[nodiscard]] constexpr bool is_folded(const Field& field) {
    return field.type == Type::folded || field.type == Type::enumeration;
}
/// Whether a list is a value of this field.
[[nodiscard]] constexpr bool takes_lists(const Field& field) {
    return field.type == Type::set || field.type == Type::dynamic;
}

enum class Op : std::uint8_t { eq, ne, gt, ge, lt, le };

struct Operator {
    std::string_view text;
    Op op = Op::eq;
    bool ordering = false;  ///< numbers and dynamic fields only, one numeric literal
    bool wildcard = false;  ///< takes a trailing "*"
    std::string_view meaning;
};

[[nodiscard]] std::span<const Field> fields();
[[nodiscard]] std::span<const Operator> operators();
[[nodiscard]] const Operator& operator_of(Op op);

/// A field name resolved against the table. `name` is the canonical spelling (aliases replaced) and
/// is what contexts are keyed by; `key` is what follows an open group's prefix, else empty.
struct FieldName {
    const Field* field = nullptr;
    std::string name;
    std::string key;
};

/// Nothing when no field has this name, or when an open group's name lacks its key.
[[nodiscard]] std::optional<FieldName> find_field(std::string_view name);

/// A sentence that helps with a name that find_field refused: `did you mean thng.tags?`.
/// `constants` are the names defined by the rule. Empty when nothing is close.
[[nodiscard]] std::string suggest_field(std::string_view name,
                                        std::span<const std::string_view> constants);

/// The group of constants: `constants.K`.
inline constexpr std::string_view kConstants = "constants.";

/// Lower-cases ASCII letters, leaves every other byte alone.
[[nodiscard]] std::string fold(std::string_view text);
[[nodiscard]] constexpr char fold(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// The ten characters that have a meaning in a filter.
inline constexpr std::string_view kReserved = "&|!><=~(),";
/// What a backslash may precede to take its meaning away.
inline constexpr std::string_view kEscapable = "&|!><=~(),\\* ";

}  // namespace rules
