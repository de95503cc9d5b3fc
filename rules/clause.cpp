#include "rules/clause.hpp"

#include <algorithm>
#include <utility>

namespace rules {

namespace {

// A disjunction wider than this is one clause that admits everything.
constexpr std::size_t kMaxClauses = 8;

bool asks_presence(const Test& test) {
    return std::any_of(test.literals.begin(), test.literals.end(), [](const Literal& literal) {
        return literal.kind == Literal::Kind::presence;
    });
}

// Open ends become closed ones: a verdict is the program's, the index only must not miss any.
std::vector<Interval> intervals_of(const Test& test) {
    std::vector<Interval> intervals;
    for (const Literal& literal : test.literals) {
        Interval interval{literal.number->real, literal.number->real};
        if (test.op == Op::gt || test.op == Op::ge) interval.high = Interval{}.high;
        if (test.op == Op::lt || test.op == Op::le) interval.low = Interval{}.low;
        intervals.push_back(interval);
    }
    return intervals;
}

std::vector<Interval> intersection(const std::vector<Interval>& left,
                                   const std::vector<Interval>& right) {
    std::vector<Interval> both;
    for (const Interval& one : left) {
        for (const Interval& other : right) {
            const Interval common{std::max(one.low, other.low), std::min(one.high, other.high)};
            if (common.low <= common.high) both.push_back(common);
        }
    }
    if (both.empty()) both.push_back({Interval{}.high, Interval{}.low});
    return both;
}

void add_number_test(Clause& clause, const Test& test, Slot slot) {
    auto intervals = intervals_of(test);
    for (Constraint& constraint : clause.constraints) {
        if (constraint.slot != slot) continue;
        constraint.intervals = intersection(constraint.intervals, intervals);
        return;
    }
    Constraint& added = clause.constraints.emplace_back();
    added.slot = slot;
    added.intervals = std::move(intervals);
}

void add_keyed_test(Clause& clause, const Test& test, Slot slot) {
    Constraint& constraint = clause.constraints.emplace_back();
    constraint.slot = slot;
    constraint.folded = is_folded(*test.field);
    for (const Literal& literal : test.literals) {
        const auto size = static_cast<std::uint32_t>(literal.text.size());
        const std::uint64_t hash = text::hash<false>(literal.text.data(), size);
        if (literal.kind == Literal::Kind::prefix) {
            constraint.prefix_lengths.push_back(size);
            constraint.keys.push_back(prefix_key(hash, size));
            continue;
        }
        constraint.keys.push_back(hash);
        if (literal.number) constraint.keys.push_back(hash_number(literal.number->real));
        if (literal.boolean) constraint.keys.push_back(hash_boolean(*literal.boolean));
    }
    std::sort(constraint.keys.begin(), constraint.keys.end());
    constraint.keys.erase(std::unique(constraint.keys.begin(), constraint.keys.end()),
                          constraint.keys.end());
}

// Costly slots may be pending when the index is asked, so they constrain nothing.
void add_test(Clause& clause, const Test& test, const SlotTable& slots) {
    if (test.field->tier == Tier::costly || test.op == Op::ne || asks_presence(test)) return;
    const Slot slot = *slots.find(test.name);
    if (test.field->type == Type::number) {
        add_number_test(clause, test, slot);
    } else if (test.op == Op::eq) {
        add_keyed_test(clause, test, slot);
    }
}

Clause clause_of(std::uint32_t rule,
                 const CheckedFilter& filter,
                 const Node& node,
                 const SlotTable& slots) {
    Clause clause;
    clause.rule = rule;
    if (node.kind == Node::Kind::predicate) add_test(clause, filter.tests[node.predicate], slots);
    if (node.kind == Node::Kind::all) {
        for (const Node& child : node.children) {
            if (child.kind != Node::Kind::predicate) continue;
            add_test(clause, filter.tests[child.predicate], slots);
        }
    }
    return clause;
}

}  // namespace

void append_clauses(std::vector<Clause>& out,
                    std::uint32_t rule,
                    const CheckedFilter& filter,
                    const Node& root,
                    const SlotTable& slots) {
    if (root.kind != Node::Kind::any || root.children.size() > kMaxClauses) {
        out.push_back(clause_of(rule, filter, root, slots));
        return;
    }
    for (const Node& child : root.children)
        out.push_back(clause_of(rule, filter, child, slots));
}

}  // namespace rules
