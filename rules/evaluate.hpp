// Evaluate: runs the code of one rule over a context.
// Cost:    a test that fails is one load and one comparison; bytes are compared only where the
//          32-bit fingerprints agree, so the answer is exact.
// Errors:  none. Threads: pure.
#pragma once

#include "rules/context.hpp"
#include "rules/program.hpp"

#include <cstdint>

namespace rules {

/// `needs`: a costly slot is pending and the answer depends on it.
enum class Verdict : std::uint8_t { miss, match, needs };

struct Run {
    Verdict verdict = Verdict::miss;
    Slot needed = 0;  ///< with `needs`: the first pending slot that was reached
};

/// A rule that did not miss, or the place where one may be found: rules from `rule` on are of no
/// interest any more.
struct Candidate {
    std::uint32_t rule = 0xFFFFFFFF;
    Run run;
};

/// The verdict of the code that starts at `start` (Program::starts). The context was begun with the
/// fields of the ruleset that the program belongs to. The code must not be empty.
[[nodiscard]] Run run(const Program& program, std::uint32_t start, const Context& context);

}  // namespace rules
