// Program: the tests of a list of rules as flat 16-byte instructions with jump targets.
// Shape:   one code vector; rule r starts at starts[r]; literals and lists are shared by all rules.
// Threads: immutable once built.
#pragma once

#include "rules/context.hpp"
#include "rules/number.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rules {

/// Each asks one yes-or-no question of one cell. A cell of another kind answers no.
enum class OpCode : std::uint8_t {
    text_is,         ///< scalar text, exact bytes
    folded_is,       ///< scalar text, ASCII case aside
    has_text,        ///< text, or list with this text among its items
    has_number,      ///< number, or list with it
    has_boolean,     ///< boolean, or list with it
    in_list,         ///< any of a long list of literals, texts exact
    in_folded_list,  ///< the same, texts folded
    text_prefix,     ///< text, or list with a text, that starts so
    folded_prefix,
    number_eq,
    number_gt,
    number_ge,
    number_lt,
    number_le,
    amount_gt,  ///< as number_gt; wholly numeric text takes part
    amount_ge,
    amount_lt,
    amount_le,
    present,  ///< anything but missing
    known,    ///< not pending; no other test of a costly slot runs before this one says yes
};

/// Jump targets count from the start of the rule.
inline constexpr std::uint16_t kMatch = 0xFFFF;
inline constexpr std::uint16_t kMiss = 0xFFFE;

/// In Program::starts: a rule that never matches and has no code.
inline constexpr std::uint32_t kNever = 0xFFFFFFFF;

struct Instruction {
    OpCode op = OpCode::present;
    std::uint8_t unused = 0;
    Slot slot = 0;
    std::uint16_t if_true = kMatch;
    std::uint16_t if_false = kMiss;
    std::uint32_t fingerprint = 0;  ///< texts: low half of the hash. Lists: their size
    std::uint32_t index = 0;        ///< texts, lists, numbers: position in the program's tables
};
static_assert(sizeof(Instruction) == 16);

/// Where a literal's bytes lie in Program::bytes.
struct LiteralText {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
};

/// A member of a long list; members are sorted by fingerprint.
struct ListMember {
    enum class Kind : std::uint8_t { text, number, boolean };

    std::uint32_t fingerprint = 0;
    std::uint32_t index : 30 = 0;  ///< text, number; a boolean as 0 or 1
    std::uint32_t kind : 2 = 0;    ///< a Kind
};

struct Program {
    std::vector<Instruction> code;
    std::vector<std::uint32_t> starts;  ///< per rule: its first instruction
    std::vector<LiteralText> texts;
    std::string bytes;
    std::vector<Number> numbers;
    std::vector<ListMember> members;

    [[nodiscard]] std::string_view text(std::uint32_t index) const {
        return {bytes.data() + texts[index].begin, texts[index].size};
    }
};

/// The code of one rule, one instruction a line: `0  folded_is country "de" ? match : 1`.
[[nodiscard]] std::string to_string(const Program& program,
                                    std::size_t rule,
                                    std::span<const FieldUse> fields);

}  // namespace rules
