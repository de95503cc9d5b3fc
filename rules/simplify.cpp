#include "rules/simplify.hpp"

#include "rules/interpret.hpp"

#include <algorithm>
#include <utility>

namespace rules {

namespace {

// How late a test should come: what is dear comes last of all, then what rarely fails.
int lateness(const Test& test) {
    const int tier = test.field->tier == Tier::costly ? 100 : 0;
    if (test.op == Op::ne) return tier + 7;
    if (test.op != Op::eq) return tier + 3;
    const bool all_exact =
        std::all_of(test.literals.begin(), test.literals.end(),
                    [](const Literal& literal) { return literal.kind == Literal::Kind::exact; });
    if (!all_exact) return tier + 6;
    switch (test.field->type) {
        case Type::text:
            return tier + 0;
        case Type::folded:
        case Type::enumeration:
            return tier + 1;
        case Type::number:
            return tier + 2;
        case Type::dynamic:
            return tier + 4;
        case Type::set:
            return tier + 5;
    }
    return tier;
}

int lateness(const CheckedFilter& filter, const Node& node) {
    if (node.kind == Node::Kind::predicate) return lateness(filter.tests[node.predicate]);
    int latest = 0;
    for (const Node& child : node.children)
        latest = std::max(latest, lateness(filter, child));
    return latest + 10;
}

bool is_decided(const Test& test) {
    return test.constant.has_value() || test.always_empty;
}

Simplified simplify(const CheckedFilter& filter, const Node& node) {
    if (node.kind == Node::Kind::predicate) {
        const Test& test = filter.tests[node.predicate];
        if (is_decided(test)) return holds(test, subject_of(test, {}));
        return node;
    }
    // One child of this value decides a series; children of the other value drop out of it.
    const bool decisive = node.kind == Node::Kind::any;
    Node kept;
    kept.kind = node.kind;
    for (const Node& child : node.children) {
        Simplified simple = simplify(filter, child);
        if (const bool* decided = std::get_if<bool>(&simple)) {
            if (*decided == decisive) return decisive;
            continue;
        }
        Node& tree = std::get<Node>(simple);
        if (tree.kind == node.kind) {
            std::move(tree.children.begin(), tree.children.end(),
                      std::back_inserter(kept.children));
        } else {
            kept.children.push_back(std::move(tree));
        }
    }
    if (kept.children.empty()) return !decisive;
    if (kept.children.size() == 1) {
        Node only = std::move(kept.children.front());
        return only;
    }
    std::stable_sort(kept.children.begin(), kept.children.end(),
                     [&](const Node& left, const Node& right) {
                         return lateness(filter, left) < lateness(filter, right);
                     });
    return kept;
}

}  // namespace

Simplified simplify(const CheckedFilter& filter) {
    if (!filter.root) return true;
    return simplify(filter, *filter.root);
}

}  // namespace rules
