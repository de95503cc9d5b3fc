// Symbol: the grid of dark and light modules that stands for a text.
// Shape:   21 x 21 to 177 x 177 modules, in steps of 4, without quiet zone.
// Errors:  a text that no symbol holds is a Problem naming `text`.
// Threads: encode() may run in any number of threads at once.
// Source:  ISO/IEC 18004:2015. Which of the eight masks is used is the encoder's choice, and
//          readers do not care; it is the same for the same text and level.
#pragma once

#include "qr/grid.hpp"
#include "qr/problem.hpp"
#include "qr/style.hpp"

#include <string_view>

namespace qr {

using Symbol = Grid;

// The smallest symbol that holds the text (1 to 7089 bytes, any bytes) at the level.
[[nodiscard]] Result<Symbol> encode(std::string_view text, Level level);

}  // namespace qr
