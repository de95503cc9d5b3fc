#include "rules/lower.hpp"

#include "rules/text.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rules {

namespace {

// Beyond this many literals one sorted table beats a chain of comparisons.
constexpr std::size_t kLongestChain = 6;

std::uint32_t fingerprint(const std::string& text) {
    return static_cast<std::uint32_t>(text::hash<false>(text.data(), text.size()));
}

OpCode ordering_code(Op op, bool numeric_text) {
    switch (op) {
        case Op::gt:
            return numeric_text ? OpCode::amount_gt : OpCode::number_gt;
        case Op::ge:
            return numeric_text ? OpCode::amount_ge : OpCode::number_ge;
        case Op::lt:
            return numeric_text ? OpCode::amount_lt : OpCode::number_lt;
        default:
            return numeric_text ? OpCode::amount_le : OpCode::number_le;
    }
}

OpCode equality_code(const Field& field) {
    if (takes_lists(field)) return OpCode::has_text;
    return is_folded(field) ? OpCode::folded_is : OpCode::text_is;
}

}  // namespace

Slot SlotTable::slot(std::string_view name, const Field& field) {
    const auto next = static_cast<Slot>(fields_.size());
    const auto [found, added] = slots_.try_emplace(std::string(name), next);
    if (added) fields_.push_back({found->first, &field, false, false});
    return found->second;
}

std::optional<Slot> SlotTable::find(const std::string& name) const {
    const auto found = slots_.find(name);
    if (found == slots_.end()) return std::nullopt;
    return found->second;
}

void Lowering::add_rule(const CheckedFilter& filter, const Node& root) {
    std::vector<Lowered> tests(filter.tests.size());
    const auto lower_used = [&](const Node& node, const auto& self) -> void {
        if (node.kind == Node::Kind::predicate) {
            tests[node.predicate] = lower(filter.tests[node.predicate]);
        }
        for (const Node& child : node.children)
            self(child, self);
    };
    lower_used(root, lower_used);
    const std::size_t start = program_.code.size();
    program_.starts.push_back(static_cast<std::uint32_t>(start));
    const std::size_t size = size_of(root, tests);
    assert(size < kMiss);
    program_.code.resize(start + size);
    emit(root, tests, 0, kMatch, kMiss);
}

Lowering::Lowered Lowering::lower(const Test& test) {
    const Slot slot = slots_.slot(test.name, *test.field);
    slots_.fields()[slot].in_match = true;
    Lowered lowered;
    lowered.negated = test.op == Op::ne;
    if (operator_of(test.op).ordering) {
        const OpCode op = ordering_code(test.op, test.field->type == Type::dynamic);
        lowered.questions.push_back(number_question(op, slot, *test.literals.front().number));
        return lowered;
    }
    const auto exact = static_cast<std::size_t>(
        std::count_if(test.literals.begin(), test.literals.end(),
                      [](const Literal& literal) { return literal.kind == Literal::Kind::exact; }));
    const bool long_list = exact > kLongestChain && test.field->type != Type::number;
    if (long_list) lower_long_list(lowered.questions, test, slot);
    for (const Literal& literal : test.literals) {
        if (long_list && literal.kind == Literal::Kind::exact) continue;
        lower_literal(lowered.questions, test, literal, slot);
    }
    return lowered;
}

void Lowering::lower_literal(Questions& out, const Test& test, const Literal& literal, Slot slot) {
    const Field& field = *test.field;
    switch (literal.kind) {
        case Literal::Kind::presence: {
            Instruction present;
            present.op = OpCode::present;
            present.slot = slot;
            out.push_back(present);
            return;
        }
        case Literal::Kind::prefix:
            out.push_back(
                text_question(is_folded(field) ? OpCode::folded_prefix : OpCode::text_prefix, slot,
                              literal.text));
            return;
        case Literal::Kind::exact:
            break;
    }
    if (field.type == Type::number) {
        out.push_back(number_question(OpCode::number_eq, slot, *literal.number));
        return;
    }
    out.push_back(text_question(equality_code(field), slot, literal.text));
    if (literal.number) out.push_back(number_question(OpCode::has_number, slot, *literal.number));
    if (literal.boolean) {
        Instruction boolean;
        boolean.op = OpCode::has_boolean;
        boolean.slot = slot;
        boolean.index = *literal.boolean ? 1 : 0;
        out.push_back(boolean);
    }
}

void Lowering::lower_long_list(Questions& out, const Test& test, Slot slot) {
    std::vector<ListMember> members;
    const auto add = [&](ListMember::Kind kind, std::uint64_t hash, std::uint32_t index) {
        ListMember member;
        member.fingerprint = static_cast<std::uint32_t>(hash);
        member.index = index & 0x3FFFFFFFU;
        member.kind = static_cast<std::uint32_t>(kind) & 3U;
        members.push_back(member);
    };
    for (const Literal& literal : test.literals) {
        if (literal.kind != Literal::Kind::exact) continue;
        add(ListMember::Kind::text, fingerprint(literal.text), text_index(literal.text));
        if (literal.number) {
            add(ListMember::Kind::number, hash_number(literal.number->real),
                number_index(*literal.number));
        }
        if (literal.boolean) {
            add(ListMember::Kind::boolean, hash_boolean(*literal.boolean), *literal.boolean);
        }
    }
    std::stable_sort(members.begin(), members.end(),
                     [](const ListMember& left, const ListMember& right) {
                         return left.fingerprint < right.fingerprint;
                     });
    Instruction list;
    list.op = is_folded(*test.field) ? OpCode::in_folded_list : OpCode::in_list;
    list.slot = slot;
    list.fingerprint = static_cast<std::uint32_t>(members.size());
    list.index = static_cast<std::uint32_t>(program_.members.size());
    program_.members.insert(program_.members.end(), members.begin(), members.end());
    out.push_back(list);
}

Instruction Lowering::text_question(OpCode op, Slot slot, const std::string& text) {
    Instruction question;
    question.op = op;
    question.slot = slot;
    question.fingerprint = fingerprint(text);
    question.index = text_index(text);
    return question;
}

Instruction Lowering::number_question(OpCode op, Slot slot, const Number& number) {
    Instruction question;
    question.op = op;
    question.slot = slot;
    question.index = number_index(number);
    return question;
}

std::uint32_t Lowering::text_index(const std::string& text) {
    const auto next = static_cast<std::uint32_t>(program_.texts.size());
    const auto [found, added] = text_indexes_.try_emplace(text, next);
    if (added) {
        program_.texts.push_back({static_cast<std::uint32_t>(program_.bytes.size()),
                                  static_cast<std::uint32_t>(text.size())});
        program_.bytes += text;
    }
    return found->second;
}

std::uint32_t Lowering::number_index(const Number& number) {
    const auto next = static_cast<std::uint32_t>(program_.numbers.size());
    // Large integers that round to one double stay apart.
    const bool small = number.real > -9e15 && number.real < 9e15;
    if (!small) {
        program_.numbers.push_back(number);
        return next;
    }
    const auto [found, added] = number_indexes_.try_emplace({number.exact, number.real}, next);
    if (added) program_.numbers.push_back(number);
    return found->second;
}

// One guard per costly test, then its questions.
std::size_t Lowering::size_of(const Node& node, const std::vector<Lowered>& tests) const {
    if (node.kind != Node::Kind::predicate) {
        std::size_t size = 0;
        for (const Node& child : node.children)
            size += size_of(child, tests);
        return size;
    }
    return tests[node.predicate].questions.size() + (needs_guard(tests[node.predicate]) ? 1 : 0);
}

bool Lowering::needs_guard(const Lowered& lowered) const {
    return slots_.fields()[lowered.questions.front().slot].field->tier == Tier::costly;
}

// Sizes are known beforehand, so every jump forward has its target when it is written.
void Lowering::emit(const Node& node,
                    const std::vector<Lowered>& tests,
                    std::size_t at,
                    std::uint16_t if_true,
                    std::uint16_t if_false) {
    if (node.kind != Node::Kind::predicate) {
        const bool all = node.kind == Node::Kind::all;
        for (const Node& child : node.children) {
            const std::size_t next = at + size_of(child, tests);
            const bool last = &child == &node.children.back();
            const auto onward = static_cast<std::uint16_t>(next);
            emit(child, tests, at, all && !last ? onward : if_true,
                 !all && !last ? onward : if_false);
            at = next;
        }
        return;
    }
    const Lowered& test = tests[node.predicate];
    Instruction* const code = program_.code.data() + program_.starts.back();
    if (needs_guard(test)) {
        Instruction& guard = code[at++];
        guard.op = OpCode::known;
        guard.slot = test.questions.front().slot;
        guard.if_true = static_cast<std::uint16_t>(at);
    }
    if (test.negated) std::swap(if_true, if_false);
    for (const Instruction& question : test.questions) {
        code[at] = question;
        ++at;
        const bool last = &question == &test.questions.back();
        code[at - 1].if_true = if_true;
        code[at - 1].if_false = last ? if_false : static_cast<std::uint16_t>(at);
    }
}

}  // namespace rules
