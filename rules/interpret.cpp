#include "rules/interpret.hpp"

#include <algorithm>
#include <cmath>

namespace rules {

namespace {

// A number that takes part in comparisons. JSON has no NaN; one that arrives anyway is no number.
std::optional<Number> as_number(const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return integer_number(*integer);
    if (const auto* real = std::get_if<double>(&value); real != nullptr && !std::isnan(*real)) {
        return real_number(*real);
    }
    return std::nullopt;
}

bool scalar_equals(const Literal& literal, const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return literal.kind == Literal::Kind::prefix ? text->starts_with(literal.text)
                                                     : *text == literal.text;
    }
    if (literal.kind == Literal::Kind::prefix) return false;
    if (const auto* boolean = std::get_if<bool>(&value)) return literal.boolean == *boolean;
    const auto number = as_number(value);
    return number && literal.number && compare(*number, *literal.number) == 0;
}

bool equals(const Literal& literal, const Value& value) {
    if (literal.kind == Literal::Kind::presence) return !is_missing(value);
    const auto* list = std::get_if<ValueList>(&value);
    if (list == nullptr) return scalar_equals(literal, value);
    return std::any_of(list->begin(), list->end(), [&](const Value& element) {
        return !std::holds_alternative<ValueList>(element) && scalar_equals(literal, element);
    });
}

bool ordered(Op op, const Literal& literal, const Value& value) {
    auto number = as_number(value);
    if (const auto* text = std::get_if<std::string>(&value)) number = parse_number(*text);
    if (!number) return false;
    const std::partial_ordering order = compare(*number, *literal.number);
    switch (op) {
        case Op::gt:
            return order > 0;
        case Op::ge:
            return order >= 0;
        case Op::lt:
            return order < 0;
        case Op::le:
            return order <= 0;
        case Op::eq:
        case Op::ne:
            break;
    }
    return false;
}

bool matches(const CheckedFilter& filter, const Node& node, const Facts& facts) {
    const auto holds_here = [&](const Node& child) { return matches(filter, child, facts); };
    switch (node.kind) {
        case Node::Kind::predicate: {
            const Test& test = filter.tests[node.predicate];
            return holds(test, subject_of(test, facts));
        }
        case Node::Kind::all:
            return std::all_of(node.children.begin(), node.children.end(), holds_here);
        case Node::Kind::any:
            return std::any_of(node.children.begin(), node.children.end(), holds_here);
    }
    return false;
}

}  // namespace

Value fit(const Field& field, const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    switch (field.type) {
        case Type::text:
        case Type::folded:
        case Type::enumeration: {
            const auto* boolean = std::get_if<bool>(&value);
            if (boolean != nullptr && field.type == Type::enumeration) {
                return Value(std::string(*boolean ? "true" : "false"));
            }
            if (text == nullptr) return {};
            return Value(is_folded(field) ? fold(*text) : *text);
        }
        case Type::number: {
            const auto number = text != nullptr ? parse_number(*text) : as_number(value);
            if (!number) return {};
            return number->exact ? Value(number->integer) : Value(number->real);
        }
        case Type::set:
            if (text != nullptr) return Value(ValueList{Value(*text)});
            return std::holds_alternative<ValueList>(value) ? value : Value();
        case Type::dynamic:
            if (const auto* real = std::get_if<double>(&value)) {
                return std::isnan(*real) ? Value() : value;
            }
            return value;
    }
    return {};
}

Value subject_of(const Test& test, const Facts& facts) {
    if (test.always_empty) return {};
    if (test.constant) return Value(*test.constant);
    return fit(*test.field, value_of(facts, test.name));
}

bool holds(const Test& test, const Value& value) {
    if (operator_of(test.op).ordering) return ordered(test.op, test.literals.front(), value);
    const bool any = std::any_of(test.literals.begin(), test.literals.end(),
                                 [&](const Literal& literal) { return equals(literal, value); });
    return any == (test.op == Op::eq);
}

bool matches(const CheckedFilter& filter, const Facts& facts) {
    return !filter.root || matches(filter, *filter.root, facts);
}

}  // namespace rules
