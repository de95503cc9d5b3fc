// Check: AST -> tests, each with its field looked up and its literals in canonical form.
// Errors:  types are errors; unknown names are warnings that make the rule poison.
// Threads: pure.
// Source:  types and operators in rules/README.md and rules/vocabulary.cpp.
#pragma once

#include "rules/ast.hpp"
#include "rules/number.hpp"
#include "rules/problem.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rules {

/// Whose rules these are. An account's rules know no user; an application's have no delegates.
enum class Level : std::uint8_t { account, application };

using Constants = std::map<std::string, std::string, std::less<>>;

/// What names mean inside one rule.
struct Scope {
    const Constants& constants;
    Level level = Level::application;
    std::size_t rule = 0;  ///< for problems
};

/// A literal in the forms that its field's type can meet.
struct Literal {
    enum class Kind : std::uint8_t { exact, prefix, presence };

    Kind kind = Kind::exact;
    std::string text;              ///< folded for folded and enumeration fields
    std::optional<Number> number;  ///< number and dynamic fields: the text as a number
    std::optional<bool> boolean;   ///< dynamic fields: `true` and `false`
};

/// A predicate that passed: any literal for `=`, none of them for `!=`, the only one for ordering.
struct Test {
    const Field* field = nullptr;  ///< null: unknown, the rule is poison
    std::string name;              ///< canonical; the key into a context
    Op op = Op::eq;
    std::vector<Literal> literals;
    std::optional<std::string> constant;  ///< a constant's value, known from the start
    bool always_empty = false;            ///< the level gives this field no value
};

struct CheckedFilter {
    std::vector<Test> tests;   ///< parallel to Filter::predicates
    std::optional<Node> root;  ///< as in Filter
    bool poison = false;       ///< some name is unknown
};

/// Appends what is wrong to `problems`. The result is meaningful when no error was appended.
[[nodiscard]] CheckedFilter check(const Filter& filter,
                                  const Scope& scope,
                                  std::vector<Problem>& problems);

/// The warning for a name that neither the vocabulary nor the rule's constants know.
[[nodiscard]] Problem unknown_name(std::string_view name,
                                   const Scope& scope,
                                   Member member,
                                   std::size_t offset);

}  // namespace rules
