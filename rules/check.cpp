#include "rules/check.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rules {

namespace {

std::string quoted(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    out += '"';
    out += text;
    out += '"';
    return out;
}

std::string listed(std::span<const std::string_view> values) {
    std::string list;
    for (const std::string_view value : values) {
        if (!list.empty()) list += ", ";
        list += value;
    }
    return list;
}

// `09:30` is what people write first; the answer gives them the number they need.
std::string clock_hint(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {};
    const auto hours = parse_number(text.substr(0, colon));
    const auto minutes = parse_number(text.substr(colon + 1));
    if (!hours || !minutes || !hours->exact || !minutes->exact) return {};
    if (hours->integer < 0 || hours->integer > 23) return {};
    if (minutes->integer < 0 || minutes->integer > 59) return {};
    const std::int64_t milliseconds = (hours->integer * 60 + minutes->integer) * 60'000;
    return std::string(text) + " is " + std::to_string(milliseconds);
}

class Checker {
  public:
    Checker(const Scope& scope, std::vector<Problem>& problems)
        : scope_(scope), problems_(problems) {}

    Test check(const Predicate& predicate) {
        Test test;
        test.op = predicate.op;
        auto name = find_field(predicate.field);
        if (!name || !resolve(*name, test)) {
            problems_.push_back(
                unknown_name(predicate.field, scope_, Member::match, predicate.begin));
            return test;
        }
        test.field = name->field;
        test.name = std::move(name->name);
        check_level(test, predicate);
        if (!check_operator(*test.field, predicate)) return test;
        for (const Operand& operand : predicate.operands) {
            test.literals.push_back(literal(*test.field, predicate, operand));
        }
        return test;
    }

  private:
    void type_error(std::size_t offset, std::string message, std::string hint = {}) {
        problems_.push_back({ProblemKind::type, Severity::error, scope_.rule, Member::match, offset,
                             std::move(message), std::move(hint)});
    }

    // False: an undefined constant, which is an unknown name.
    bool resolve(const FieldName& name, Test& test) const {
        if (name.field->name != kConstants) return true;
        const auto constant = scope_.constants.find(name.key);
        if (constant == scope_.constants.end()) return false;
        test.constant = constant->second;
        return true;
    }

    void check_level(Test& test, const Predicate& predicate) {
        if (!test.field->of_user || scope_.level != Level::account) return;
        test.always_empty = true;
        problems_.push_back({ProblemKind::always_empty, Severity::warning, scope_.rule,
                             Member::match, predicate.begin,
                             test.name + " has no value in an account's rules",
                             "use it in an application's Redirector"});
    }

    bool check_operator(const Field& field, const Predicate& predicate) {
        const Operator& op = operator_of(predicate.op);
        if (!op.ordering || field.type == Type::number || field.type == Type::dynamic) return true;
        type_error(predicate.op_offset,
                   std::string(op.text) + " orders numbers, and " + std::string(field.name) +
                       " is not one",
                   "use = or !=");
        return false;
    }

    Literal literal(const Field& field, const Predicate& predicate, const Operand& operand) {
        Literal made;
        if (operand.wildcard) {
            made.kind = operand.text.empty() ? Literal::Kind::presence : Literal::Kind::prefix;
        }
        made.text = is_folded(field) ? fold(operand.text) : operand.text;
        if (made.kind == Literal::Kind::presence) return made;
        switch (field.type) {
            case Type::enumeration:
                check_enumeration(field, made, operand);
                break;
            case Type::number:
                check_number(field, predicate, made, operand);
                break;
            case Type::dynamic:
                check_dynamic(predicate, made, operand);
                break;
            case Type::text:
            case Type::folded:
            case Type::set:
                break;
        }
        return made;
    }

    void check_enumeration(const Field& field, const Literal& made, const Operand& operand) {
        const bool known =
            std::any_of(field.values.begin(), field.values.end(), [&](std::string_view value) {
                return made.kind == Literal::Kind::prefix ? value.starts_with(made.text)
                                                          : value == made.text;
            });
        if (known) return;
        type_error(operand.offset,
                   quoted(operand.text) + " is not a value of " + std::string(field.name),
                   "one of " + listed(field.values));
    }

    void check_number(const Field& field,
                      const Predicate& predicate,
                      Literal& made,
                      const Operand& operand) {
        if (made.kind == Literal::Kind::prefix) {
            type_error(operand.offset, std::string(field.name) + " is a number and has no prefix",
                       "compare with <, <=, > or >=");
            return;
        }
        made.number = parse_number(made.text);
        if (!made.number || std::isinf(made.number->real)) {
            std::string hint = clock_hint(made.text);
            if (hint.empty() && !field.unit.empty()) hint = std::string(field.unit);
            type_error(
                operand.offset,
                quoted(operand.text) + " is not a number, as " + std::string(field.name) + " needs",
                std::move(hint));
            return;
        }
        const double value = made.number->real;
        const bool in_range = value >= field.lowest && value <= field.highest;
        if (operator_of(predicate.op).ordering || in_range) return;
        type_error(operand.offset, std::string(field.name) + " is never " + quoted(operand.text),
                   std::string(field.unit));
    }

    // Equality leaves the choice of type to the value; only ordering insists on a number.
    void check_dynamic(const Predicate& predicate, Literal& made, const Operand& operand) {
        if (made.kind == Literal::Kind::prefix) return;
        made.number = parse_number(made.text);
        if (made.text == "true" || made.text == "false") made.boolean = made.text == "true";
        const bool ordered = operator_of(predicate.op).ordering;
        if (!ordered || (made.number && !std::isinf(made.number->real))) return;
        type_error(operand.offset, quoted(operand.text) + " is not a number, as " +
                                       std::string(operator_of(predicate.op).text) + " needs");
    }

    const Scope& scope_;
    std::vector<Problem>& problems_;
};

}  // namespace

CheckedFilter check(const Filter& filter, const Scope& scope, std::vector<Problem>& problems) {
    CheckedFilter checked;
    checked.root = filter.root;
    checked.tests.reserve(filter.predicates.size());
    Checker checker(scope, problems);
    for (const Predicate& predicate : filter.predicates) {
        checked.tests.push_back(checker.check(predicate));
        if (checked.tests.back().field == nullptr) checked.poison = true;
    }
    return checked;
}

Problem unknown_name(std::string_view name, const Scope& scope, Member member, std::size_t offset) {
    std::vector<std::string_view> constants;
    constants.reserve(scope.constants.size());
    for (const auto& [key, value] : scope.constants)
        constants.push_back(key);
    return {ProblemKind::unknown_field,
            Severity::warning,
            scope.rule,
            member,
            offset,
            "unknown field " + quoted(name),
            suggest_field(name, constants)};
}

}  // namespace rules
