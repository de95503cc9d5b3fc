// Index: finds the first rule that matches without looking at the rules that cannot.
// Shape:   immutable.
// Errors:  none. Threads: const calls from any number of threads.
#pragma once

#include "rules/context.hpp"
#include "rules/evaluate.hpp"
#include "rules/program.hpp"

#include <cstddef>
#include <cstdint>

namespace rules {

/// In Program::starts: a rule that never matches.
inline constexpr std::uint32_t kNever = 0xFFFFFFFF;

/// A rule and what running it said; `miss` when no rule matched.
struct Candidate {
    std::uint32_t rule = 0;
    Run run;
};

class Index {
  public:
    [[nodiscard]] Candidate first_match(const Program& program, const Context& context) const;
    [[nodiscard]] std::size_t memory_bytes() const;
};

}  // namespace rules
