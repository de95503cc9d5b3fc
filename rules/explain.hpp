// Explain: which rule matched a context and, rule by rule and predicate by predicate, why.
// The decision is the engine's; the reasons are the interpreter's (rules/interpret.hpp).
// Threads: pure.
#pragma once

#include "rules/compile.hpp"
#include "rules/dry_run.hpp"
#include "rules/value.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rules {

struct PredicateReason {
    std::string text;         ///< the predicate as written
    std::size_t offset = 0;   ///< in the match
    bool holds = false;       ///< false too when the field is unknown
    std::string observation;  ///< what was found: `country is "FR"`, `thng.tags has no value`
};

struct RuleReason {
    enum class Verdict : std::uint8_t {
        matched,      ///< the first rule to match
        missed,       ///< did not match
        stopped,      ///< names an unknown field, or its URL could not be rendered: no result
        not_reached,  ///< an earlier rule ended the walk
    };

    std::size_t rule = 0;
    std::string name;
    Verdict verdict = Verdict::missed;
    std::vector<PredicateReason> predicates;  ///< empty when not reached, or when always true
};

struct Explanation {
    Resolution resolution;
    std::vector<RuleReason> rules;  ///< one per rule; none when the rules were rejected
};

[[nodiscard]] Explanation explain(std::span<const RuleSource> rules,
                                  const CompileOptions& options,
                                  const Facts& facts);

/// "matched", "missed", "stopped", "not reached".
[[nodiscard]] std::string_view to_string(RuleReason::Verdict verdict);

/// The explanation as lines of text, for terminals.
[[nodiscard]] std::string to_string(const Explanation& explanation);

}  // namespace rules
