// Patterns: what lies where in a symbol of version 1 to 6, apart from its data.
// Shape:   finders, separators, timing, the one alignment pattern of versions 2 to 6, format
//          information; these versions carry no version information.
// Threads: pure functions; made for filling tables once, not for speed.
// Source:  ISO/IEC 18004:2015 6.3 (patterns), 7.7.3 (placement), 7.8.2 (masks), 7.9 and annex C
//          (format).
#pragma once

#include "qr/style.hpp"
#include "qr/symbol.hpp"

#include <vector>

namespace qr {

inline constexpr int kMasks = 8;

struct Module {
    int x;
    int y;
};

// Dark modules of the fixed patterns and of the format information for this level and mask (0 to
// 7).
[[nodiscard]] Symbol fixed_patterns(int version, Level level, int mask);

// All modules that are neither fixed pattern nor format information, in the order in which data
// bits fill them.
[[nodiscard]] std::vector<Module> data_modules(int version);

// Whether this mask inverts the data module.
[[nodiscard]] bool inverts(int mask, Module module);

}  // namespace qr
