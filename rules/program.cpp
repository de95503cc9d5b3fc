#include "rules/program.hpp"

#include <array>

namespace rules {

namespace {

constexpr auto kNames = std::to_array<std::string_view>(
    {"text_is",   "folded_is",      "has_text",    "has_number",    "has_boolean",
     "in_list",   "in_folded_list", "text_prefix", "folded_prefix", "number_eq",
     "number_gt", "number_ge",      "number_lt",   "number_le",     "amount_gt",
     "amount_ge", "amount_lt",      "amount_le",   "present",       "known"});
static_assert(kNames.size() == static_cast<std::size_t>(OpCode::known) + 1);

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    out += text;
    out += '"';
}

void append_number_at(std::string& out, const Program& program, std::uint32_t index) {
    std::array<char, 32> digits{};
    out += format_number(program.numbers[index], digits);
}

void append_member(std::string& out, const Program& program, const ListMember& member) {
    switch (static_cast<ListMember::Kind>(member.kind)) {
        case ListMember::Kind::text:
            return append_quoted(out, program.text(member.index));
        case ListMember::Kind::number:
            return append_number_at(out, program, member.index);
        case ListMember::Kind::boolean:
            out += member.index != 0 ? "true" : "false";
    }
}

void append_operand(std::string& out, const Program& program, const Instruction& instruction) {
    switch (instruction.op) {
        case OpCode::text_is:
        case OpCode::folded_is:
        case OpCode::has_text:
        case OpCode::text_prefix:
        case OpCode::folded_prefix:
            out += ' ';
            append_quoted(out, program.text(instruction.index));
            break;
        case OpCode::has_boolean:
            out += instruction.index != 0 ? " true" : " false";
            break;
        case OpCode::in_list:
        case OpCode::in_folded_list:
            for (std::uint32_t i = 0; i < instruction.fingerprint; ++i) {
                out += ' ';
                append_member(out, program, program.members[instruction.index + i]);
            }
            break;
        case OpCode::present:
        case OpCode::known:
            break;
        default:
            out += ' ';
            append_number_at(out, program, instruction.index);
    }
}

void append_target(std::string& out, std::uint16_t target) {
    if (target == kMatch) {
        out += "match";
    } else if (target == kMiss) {
        out += "miss";
    } else {
        out += std::to_string(target);
    }
}

}  // namespace

std::string to_string(const Program& program, std::size_t rule, std::span<const FieldUse> fields) {
    const std::size_t begin = program.starts[rule];
    const std::size_t end =
        rule + 1 < program.starts.size() ? program.starts[rule + 1] : program.code.size();
    std::string out;
    for (std::size_t at = begin; at < end; ++at) {
        const Instruction& instruction = program.code[at];
        out += std::to_string(at - begin);
        out += "  ";
        out += kNames[static_cast<std::size_t>(instruction.op)];
        out += ' ';
        out += fields[instruction.slot].name;
        append_operand(out, program, instruction);
        out += " ? ";
        append_target(out, instruction.if_true);
        out += " : ";
        append_target(out, instruction.if_false);
        out += '\n';
    }
    return out;
}

}  // namespace rules
