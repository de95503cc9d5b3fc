#include "tests/rules/random_rules.hpp"

#include <array>
#include <utility>

namespace rules::testing {

namespace {

constexpr auto kCountries = std::to_array<std::string_view>(
    {"US", "de", "FR", "gb", "JP", "CN", "IT", "ES", "nl", "AT", "CH", "BE", "DK", "SE"});
constexpr auto kDays =
    std::to_array<std::string_view>({"mon", "Tue", "wed", "thu", "fri", "SAT", "sun"});
constexpr auto kDynamics = std::to_array<std::string_view>(
    {"1", "01", "1.0", "2", "2.5", "-3", "true", "false", "abc", "abd", "xyz", "1e1", "10", "x y",
     "9007199254740993", "9007199254740992"});
constexpr auto kOpenFields = std::to_array<std::string_view>(
    {"thng.customFields.k", "product.identifiers.upc", "query.q", "place.customFields.p"});

std::string text_of(std::string_view prefix, int number) {
    return std::string(prefix) + std::to_string(number);
}

}  // namespace

std::string RandomRules::text_predicate(std::string_view field,
                                        std::string_view prefix,
                                        int values) {
    const bool unequal = one_in(4);
    std::string out = std::string(field) + (unequal ? "!=" : "=");
    if (!unequal && one_in(12)) return out + "*";
    const int count = one_in(3) ? (one_in(5) ? 12 : 3) : 1;
    for (int i = 0; i < count; ++i) {
        if (i > 0) out += ',';
        out += text_of(prefix, below(values));
        if (!unequal && one_in(10)) out += '*';
    }
    return out;
}

std::string RandomRules::number_predicate(std::string_view field, int low, int high) {
    constexpr auto kOps = std::to_array<std::string_view>({"=", "!=", ">", ">=", "<", "<="});
    const std::string_view op = kOps[static_cast<std::size_t>(below(6))];
    std::string out = std::string(field) + std::string(op);
    out += std::to_string(low + below(high - low + 1));
    if (op.front() != '!' && op != "=" && one_in(3)) out += ".5";
    if (op == "=" && one_in(3)) out += ',' + std::to_string(low + below(high - low + 1));
    return out;
}

std::string RandomRules::dynamic_predicate(std::string_view field) {
    if (one_in(3)) return number_predicate(field, -4, 11);
    const bool unequal = one_in(4);
    std::string out = std::string(field) + (unequal ? "!=" : "=");
    if (!unequal && one_in(10)) return out + "*";
    const int count = one_in(3) ? (one_in(3) ? 9 : 2) : 1;
    for (int i = 0; i < count; ++i) {
        if (i > 0) out += ',';
        out += kDynamics[static_cast<std::size_t>(below(static_cast<int>(kDynamics.size())))];
        if (!unequal && one_in(10)) out += '*';
    }
    return out;
}

std::string RandomRules::predicate() {
    switch (below(12)) {
        case 0:
            return text_predicate("thng.tags", "t", 12);
        case 1:
            return text_predicate("thng.id", "U", 30);
        case 2:
            return "dayOfWeek" + std::string(one_in(4) ? "!=" : "=") +
                   std::string(kDays[static_cast<std::size_t>(below(7))]);
        case 3:
            return number_predicate("month", 1, 12);
        case 4:
            return number_predicate("timeOfDay", 0, 1000);
        case 5:
            return number_predicate("random", 0, 99);
        case 6:
            return number_predicate("place.distance", 0, 20);
        case 7:
            return number_predicate("user.age", 15, 25);
        case 8:
        case 9:
            return dynamic_predicate(
                kOpenFields[static_cast<std::size_t>(below(static_cast<int>(kOpenFields.size())))]);
        case 10:
            return "constants.c" + std::string(one_in(2) ? "=1" : ">1");
        default:
            return country_list();
    }
}

std::string RandomRules::country_list() {
    std::string out = one_in(5) ? "country!=" : "country=";
    const int count = 1 + below(4);
    for (int i = 0; i < count; ++i) {
        if (i > 0) out += ',';
        out += kCountries[static_cast<std::size_t>(below(static_cast<int>(kCountries.size())))];
    }
    return out;
}

std::string RandomRules::expression(int depth) {
    if (depth == 0 || one_in(3)) return predicate();
    const char* separator = one_in(2) ? "&" : "|";
    std::string out;
    const int count = 2 + below(2);
    for (int i = 0; i < count; ++i) {
        if (i > 0) out += separator;
        const bool parentheses = depth > 1 && one_in(2);
        out += parentheses ? "(" + expression(depth - 1) + ")" : predicate();
    }
    return out;
}

std::string RandomRules::catalogue_match() {
    std::string out = "product.identifiers.upc=" + std::to_string(below(4000));
    if (one_in(2)) out += "&" + country_list();
    if (one_in(4)) out += "|thng.id=" + text_of("U", below(500));
    return out;
}

std::string RandomRules::dense_match() {
    std::string out = "thng.tags=" + text_of("t", below(20)) + "&" + country_list();
    if (one_in(2)) {
        const int from = below(1000);
        out += "&timeOfDay>=" + std::to_string(from);
        out += "&timeOfDay<" + std::to_string(from + below(300));
    }
    if (one_in(4)) out += "&thng.tags!=" + text_of("t", below(20));
    return out;
}

std::string RandomRules::match(Shape shape) {
    switch (shape) {
        case Shape::mixed:
            return expression(3);
        case Shape::narrow:
            return "(" + expression(2) + ")&(" + expression(2) + ")&" + predicate() + "&" +
                   country_list() + "&" + predicate();
        case Shape::catalogue:
            return catalogue_match();
        case Shape::dense:
            return dense_match();
    }
    return {};
}

std::vector<RuleSource> RandomRules::rules(Shape shape, int count) {
    std::vector<RuleSource> rules;
    for (int i = 0; i < count; ++i) {
        RuleSource& rule = rules.emplace_back();
        rule.match = match(one_in(200) ? Shape::narrow : shape);
        if (shape == Shape::mixed && one_in(200)) rule.match += "&unknown=1";
        if (shape == Shape::mixed && one_in(200)) rule.match.clear();
        rule.redirect_url = one_in(50) ? "https://e.com/{unknown}" : "https://e.com/{thng.id}";
        if (one_in(20)) rule.delegates = {{"P", "A"}};
        rule.constants = {{"c", one_in(2) ? "1" : "2"}};
    }
    return rules;
}

Value RandomRules::dynamic_value() {
    switch (below(9)) {
        case 0:
            return Value(below(12) - 4);
        case 1:
            return Value(below(24) / 2.0 - 4);
        case 2:
            return Value(one_in(2));
        case 3: {
            ValueList list;
            const int count = below(4);
            for (int i = 0; i < count; ++i)
                list.push_back(dynamic_value());
            return Value(std::move(list));
        }
        case 4:
            return one_in(2) ? Value(Object{}) : Value();
        case 5:
            return Value(std::int64_t{9'007'199'254'740'991} + below(4));
        default:
            return Value(std::string(
                kDynamics[static_cast<std::size_t>(below(static_cast<int>(kDynamics.size())))]));
    }
}

Facts RandomRules::facts() {
    Facts facts;
    const auto sometimes = [&](std::string name, Value value) {
        if (!one_in(5)) facts.emplace(std::move(name), std::move(value));
    };
    ValueList tags;
    const int count = one_in(10) ? 30 : below(5);
    for (int i = 0; i < count; ++i)
        tags.emplace_back(text_of("t", below(24)));
    sometimes("thng.tags", std::move(tags));
    sometimes("thng.id", text_of("U", below(one_in(2) ? 40 : 500)));
    sometimes(
        "country",
        std::string(
            kCountries[static_cast<std::size_t>(below(static_cast<int>(kCountries.size())))]));
    sometimes("dayOfWeek", std::string(kDays[static_cast<std::size_t>(below(7))]));
    sometimes("month", one_in(9) ? Value("7") : Value(1 + below(12)));
    sometimes("timeOfDay", one_in(3) ? Value(below(2000) / 2.0) : Value(below(1001)));
    sometimes("random", below(10'000) / 100.0);
    sometimes("place.distance", below(40) / 2.0);
    sometimes("user.age", one_in(9) ? Value("old") : Value(15 + below(11)));
    for (const std::string_view field : kOpenFields)
        sometimes(std::string(field), dynamic_value());
    if (one_in(2)) {
        const int upc = below(4000);
        facts.insert_or_assign("product.identifiers.upc",
                               one_in(2) ? Value(upc) : Value(std::to_string(upc)));
    }
    return facts;
}

}  // namespace rules::testing
