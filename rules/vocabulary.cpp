#include "rules/vocabulary.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace rules {

namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 2> kGenders = {"male", "female"};
constexpr std::array<std::string_view, 2> kBooleans = {"true", "false"};

// clang-format off
constexpr auto kFields = std::to_array<Field>({
    {.name = "thng.id", .type = Type::text, .tier = Tier::stored},
    {.name = "thng.name", .type = Type::text, .tier = Tier::stored},
    {.name = "thng.description", .type = Type::text, .tier = Tier::stored},
    {.name = "thng.tags", .type = Type::set, .tier = Tier::stored},
    {.name = "thng.identifiers.", .type = Type::dynamic, .tier = Tier::stored, .open = true},
    {.name = "thng.customFields.", .type = Type::dynamic, .tier = Tier::stored, .open = true},

    {.name = "product.id", .type = Type::text, .tier = Tier::stored},
    {.name = "product.name", .type = Type::text, .tier = Tier::stored},
    {.name = "product.description", .type = Type::text, .tier = Tier::stored},
    {.name = "product.tags", .type = Type::set, .tier = Tier::stored},
    {.name = "product.identifiers.", .type = Type::dynamic, .tier = Tier::stored, .open = true},
    {.name = "product.customFields.", .type = Type::dynamic, .tier = Tier::stored, .open = true},

    {.name = "user.gender", .type = Type::enumeration, .tier = Tier::costly, .of_user = true, .values = kGenders},
    {.name = "user.age", .type = Type::number, .tier = Tier::costly, .of_user = true, .unit = "years"},
    {.name = "user.locale", .type = Type::folded, .tier = Tier::costly, .of_user = true},
    {.name = "user.customFields.", .type = Type::dynamic, .tier = Tier::costly, .open = true, .of_user = true},

    {.name = "time", .type = Type::number, .unit = "milliseconds since 1970-01-01 UTC"},
    {.name = "timestamp", .type = Type::number, .alias_of = "time", .unit = "as time"},
    {.name = "timeOfDay", .type = Type::number, .lowest = 0, .highest = 86'399'999, .unit = "milliseconds since midnight, 0 to 86399999"},
    {.name = "dayOfWeek", .type = Type::enumeration, .values = kDays},
    {.name = "dayOfMonth", .type = Type::number, .lowest = 1, .highest = 31, .unit = "1 to 31"},
    {.name = "month", .type = Type::number, .lowest = 1, .highest = 12, .unit = "1 to 12"},
    {.name = "year", .type = Type::number, .unit = "year"},
    {.name = "timezone", .type = Type::text},

    {.name = "action.type", .type = Type::text},
    {.name = "action.customFields.", .type = Type::dynamic, .open = true},

    {.name = "location.lat", .type = Type::number, .unit = "degrees"},
    {.name = "location.lon", .type = Type::number, .unit = "degrees"},
    {.name = "country", .type = Type::folded},

    {.name = "place.id", .type = Type::text, .tier = Tier::costly},
    {.name = "place.tags", .type = Type::set, .tier = Tier::costly},
    {.name = "place.distance", .type = Type::number, .tier = Tier::costly, .unit = "metres"},
    {.name = "place.customFields.", .type = Type::dynamic, .tier = Tier::costly, .open = true},

    {.name = kConstants, .type = Type::dynamic, .open = true},

    {.name = "project.id", .type = Type::text, .tier = Tier::stored},
    {.name = "project.name", .type = Type::text, .tier = Tier::stored},
    {.name = "project.description", .type = Type::text, .tier = Tier::stored},
    {.name = "project.tags", .type = Type::set, .tier = Tier::stored},
    {.name = "project.customFields.", .type = Type::dynamic, .tier = Tier::stored, .open = true},
    {.name = "project.identifiers.", .type = Type::dynamic, .tier = Tier::stored, .open = true},

    {.name = "application.id", .type = Type::text, .tier = Tier::stored},
    {.name = "application.name", .type = Type::text, .tier = Tier::stored},
    {.name = "application.description", .type = Type::text, .tier = Tier::stored},
    {.name = "application.tags", .type = Type::set, .tier = Tier::stored},
    {.name = "application.customFields.", .type = Type::dynamic, .tier = Tier::stored, .open = true},

    {.name = "device.type", .type = Type::folded, .ours = true},
    {.name = "device.os", .type = Type::folded, .ours = true},
    {.name = "browser", .type = Type::folded, .ours = true},
    {.name = "language", .type = Type::folded, .ours = true},
    {.name = "query.", .type = Type::dynamic, .open = true, .ours = true},
    {.name = "referer", .type = Type::text, .ours = true},
    {.name = "bot", .type = Type::enumeration, .ours = true, .values = kBooleans},
    {.name = "random", .type = Type::number, .ours = true, .unit = "at least 0, below 100, stable for one scan source"},
});

constexpr auto kOperators = std::to_array<Operator>({
    {.text = "=", .op = Op::eq, .wildcard = true, .meaning = "equal to any value of the list; in the set; has the prefix; is there"},
    {.text = "!=", .op = Op::ne, .meaning = "exactly not `=`"},
    {.text = ">", .op = Op::gt, .ordering = true, .meaning = "greater than"},
    {.text = ">=", .op = Op::ge, .ordering = true, .meaning = "greater than or equal to"},
    {.text = "<", .op = Op::lt, .ordering = true, .meaning = "less than"},
    {.text = "<=", .op = Op::le, .ordering = true, .meaning = "less than or equal to"},
});
// clang-format on

// Levenshtein distance, given up (kFar) once it must exceed what counts as a slip of the pen.
constexpr std::size_t kFar = 3;

std::size_t edit_distance(std::string_view left, std::string_view right) {
    constexpr std::size_t kLongest = 64;
    if (left.size() > kLongest || right.size() > kLongest) return kFar;
    std::array<std::size_t, kLongest + 1> row{};
    for (std::size_t j = 0; j <= right.size(); ++j)
        row[j] = j;
    for (std::size_t i = 0; i < left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < right.size(); ++j) {
            const std::size_t replaced = diagonal + (fold(left[i]) == fold(right[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return std::min(row[right.size()], kFar);
}

struct Suggestion {
    std::string text;
    std::size_t distance = kFar;

    void offer(std::string_view candidate, std::size_t candidate_distance) {
        if (candidate_distance >= distance) return;
        distance = candidate_distance;
        text = candidate;
    }
};

// An open group is compared by its prefix, and the key is carried over to the suggestion.
void offer_group(Suggestion& best, const Field& field, std::string_view name) {
    const auto dots =
        static_cast<std::size_t>(std::count(field.name.begin(), field.name.end(), '.'));
    std::size_t prefix = 0;
    for (std::size_t dot = 0; dot < dots && prefix != std::string_view::npos; ++dot) {
        const std::size_t next = name.find('.', prefix);
        prefix = next == std::string_view::npos ? next : next + 1;
    }
    if (prefix == std::string_view::npos || prefix == name.size()) return;
    best.offer(std::string(field.name) + std::string(name.substr(prefix)),
               edit_distance(name.substr(0, prefix), field.name));
}

// A bare last part, such as `name` for `thng.name`, is the commonest way to miss a field.
std::string fields_ending_in(std::string_view name) {
    std::string list;
    for (const Field& field : kFields) {
        if (field.open || field.name.size() <= name.size() || !field.name.ends_with(name)) continue;
        if (field.name[field.name.size() - name.size() - 1] != '.') continue;
        if (!list.empty()) list += " or ";
        list += field.name;
        if (list.size() > 24) break;
    }
    return list;
}

}  // namespace

std::span<const Field> fields() {
    return kFields;
}
std::span<const Operator> operators() {
    return kOperators;
}

const Operator& operator_of(Op op) {
    return kOperators[static_cast<std::size_t>(op)];
}

std::optional<FieldName> find_field(std::string_view name) {
    for (const Field& field : kFields) {
        if (!name.starts_with(field.name)) continue;
        if (field.open && name.size() > field.name.size()) {
            return FieldName{&field, std::string(name),
                             std::string(name.substr(field.name.size()))};
        }
        if (field.open || name.size() != field.name.size()) continue;
        if (!field.alias_of.empty()) return find_field(field.alias_of);
        return FieldName{&field, std::string(name), {}};
    }
    return std::nullopt;
}

std::string suggest_field(std::string_view name, std::span<const std::string_view> constants) {
    for (const Field& field : kFields) {
        const std::string_view group = field.name.substr(0, field.name.size() - 1);
        if (field.open && (name == field.name || name == group)) {
            return "a key must follow, as in " + std::string(field.name) + "<key>";
        }
    }
    if (name.starts_with("propertyChange")) return "only Reactor scripts know property changes";
    if (std::find(constants.begin(), constants.end(), name) != constants.end()) {
        return "did you mean " + std::string(kConstants) + std::string(name) + "?";
    }
    const std::string longer = fields_ending_in(name);
    if (!longer.empty()) return "did you mean " + longer + "?";
    Suggestion best;
    for (const std::string_view constant : constants) {
        const std::string full = std::string(kConstants) + std::string(constant);
        best.offer(full, edit_distance(name, full));
    }
    for (const Field& field : kFields) {
        if (!field.open) {
            best.offer(field.name, edit_distance(name, field.name));
        } else if (field.name != kConstants) {
            offer_group(best, field, name);
        }
    }
    // A suggestion that changes half of a short name explains nothing.
    if (best.distance >= kFar || best.distance * 2 >= name.size() || best.text == name) return {};
    return "did you mean " + best.text + "?";
}

std::string fold(std::string_view text) {
    std::string folded(text);
    for (char& c : folded)
        c = fold(c);
    return folded;
}

}  // namespace rules
