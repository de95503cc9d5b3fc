#include "rules/evaluate.hpp"

#include "rules/text.hpp"

#include <algorithm>
#include <optional>

namespace rules {

namespace {

// One rule at a time over one context; everything is read through these four pointers.
class Machine {
  public:
    Machine(const Program& program, const Context& context)
        : program_(program), items_(context.all_items()), cells_(context.cells()) {}

    Run run(const Instruction* code) const {
        std::uint16_t at = 0;
        do {
            const Instruction& instruction = code[at];
            const Cell& cell = cells_[instruction.slot];
            if (instruction.op == OpCode::known && cell.kind == Cell::Kind::pending) {
                return {Verdict::needs, instruction.slot};
            }
            at = ask(instruction, cell) ? instruction.if_true : instruction.if_false;
        } while (at < kMiss);
        return {at == kMatch ? Verdict::match : Verdict::miss, 0};
    }

  private:
    bool ask(const Instruction& question, const Cell& cell) const {
        switch (question.op) {
            case OpCode::text_is:
                return text_is<false>(question, cell);
            case OpCode::folded_is:
                return text_is<true>(question, cell);
            case OpCode::has_text:
                return any(cell, [&](const Cell& one) { return text_is<false>(question, one); });
            case OpCode::has_number:
                return any(cell, [&](const Cell& one) { return number_is(question.index, one); });
            case OpCode::has_boolean:
                return any(cell, [&](const Cell& one) { return boolean_is(question.index, one); });
            case OpCode::in_list:
                return any(cell, [&](const Cell& one) { return in_list<false>(question, one); });
            case OpCode::in_folded_list:
                return in_list<true>(question, cell);
            case OpCode::text_prefix:
                return any(cell, [&](const Cell& one) { return starts<false>(question, one); });
            case OpCode::folded_prefix:
                return starts<true>(question, cell);
            case OpCode::present:
                return cell.kind != Cell::Kind::missing;
            case OpCode::known:
                return true;
            default:
                return ordered(question, cell);
        }
    }

    template <typename Predicate>
    bool any(const Cell& cell, Predicate&& holds) const {
        if (cell.kind != Cell::Kind::list) return holds(cell);
        const Cell* const first = items_ + cell.integer;
        return std::any_of(first, first + cell.size, holds);
    }

    template <bool kFold>
    bool text_is(const Instruction& question, const Cell& cell) const {
        if (static_cast<std::uint32_t>(cell.hash) != question.fingerprint) return false;
        return same_text<kFold>(question.index, cell);
    }

    // Numbers and booleans have hashes too, so the kind is part of the question.
    template <bool kFold>
    bool same_text(std::uint32_t index, const Cell& cell) const {
        const LiteralText& literal = program_.texts[index];
        return cell.kind == Cell::Kind::text && cell.size == literal.size &&
               text::equal<kFold>(cell.data, program_.bytes.data() + literal.begin, cell.size);
    }

    template <bool kFold>
    bool starts(const Instruction& question, const Cell& cell) const {
        const LiteralText& literal = program_.texts[question.index];
        return cell.kind == Cell::Kind::text && cell.size >= literal.size &&
               text::equal<kFold>(cell.data, program_.bytes.data() + literal.begin, literal.size);
    }

    bool number_is(std::uint32_t index, const Cell& cell) const {
        return cell.is_number() && compare(number_of(cell), program_.numbers[index]) == 0;
    }

    static bool boolean_is(std::uint32_t index, const Cell& cell) {
        return cell.kind == Cell::Kind::boolean && cell.integer == std::int64_t{index};
    }

    static Number number_of(const Cell& cell) {
        return {cell.integer, cell.real, cell.kind == Cell::Kind::integer};
    }

    template <bool kFold>
    bool in_list(const Instruction& question, const Cell& cell) const {
        const auto fingerprint = static_cast<std::uint32_t>(cell.hash);
        const ListMember* const first = program_.members.data() + question.index;
        const ListMember* const last = first + question.fingerprint;
        const ListMember* at = std::lower_bound(
            first, last, fingerprint,
            [](const ListMember& member, auto value) { return member.fingerprint < value; });
        for (; at != last && at->fingerprint == fingerprint; ++at) {
            if (is_member<kFold>(*at, cell)) return true;
        }
        return false;
    }

    template <bool kFold>
    bool is_member(const ListMember& member, const Cell& cell) const {
        switch (static_cast<ListMember::Kind>(member.kind)) {
            case ListMember::Kind::text:
                return same_text<kFold>(member.index, cell);
            case ListMember::Kind::number:
                return number_is(member.index, cell);
            case ListMember::Kind::boolean:
                return boolean_is(member.index, cell);
        }
        return false;
    }

    bool ordered(const Instruction& question, const Cell& cell) const {
        Number value = number_of(cell);
        if (!cell.is_number()) {
            if (question.op < OpCode::amount_gt || cell.kind != Cell::Kind::text) return false;
            const auto numeric = parse_number(cell.view());
            if (!numeric) return false;
            value = *numeric;
        }
        const std::partial_ordering order = compare(value, program_.numbers[question.index]);
        switch (question.op) {
            case OpCode::number_eq:
                return order == 0;
            case OpCode::number_gt:
            case OpCode::amount_gt:
                return order > 0;
            case OpCode::number_ge:
            case OpCode::amount_ge:
                return order >= 0;
            case OpCode::number_lt:
            case OpCode::amount_lt:
                return order < 0;
            default:
                return order <= 0;
        }
    }

    const Program& program_;
    const Cell* items_;
    const Cell* cells_;
};

}  // namespace

Run run(const Program& program, std::uint32_t start, const Context& context) {
    return Machine(program, context).run(program.code.data() + start);
}

}  // namespace rules
