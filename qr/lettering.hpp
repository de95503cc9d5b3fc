// Lettering: a caption as a grid of dots, in a typeface of our own, so that every format shows the
// same letters and no file depends on a font.
// Shape:   letters are 5 dots wide and 9 high (7 above the base line, 2 below), one dot apart; the
//          zero has a stroke, to tell it from the letter O.
// Errors:  a character outside the typeface is a Problem naming `caption`.
// Threads: pure functions.
#pragma once

#include "qr/grid.hpp"
#include "qr/problem.hpp"

#include <cstddef>
#include <string_view>

namespace qr {

inline constexpr std::size_t kMaxCaption = 40;  // characters, as many as the longest short ID has
inline constexpr int kLetterWidth = 5;
inline constexpr int kLetterPitch = 6;  // from one letter to the next
inline constexpr int kLetterHeight = 9;

// Dots from the first letter's left to the last one's right. `characters` is 1 or more.
[[nodiscard]] constexpr int lettering_width(std::size_t characters) {
    return static_cast<int>(characters) * kLetterPitch - (kLetterPitch - kLetterWidth);
}

// Whether a caption can be drawn: 1 to kMaxCaption of A-Z a-z 0-9 - _ . / : and space.
[[nodiscard]] Result<void> check_caption(std::string_view caption);

// The caption's dots. check_caption() holds for it.
[[nodiscard]] Grid letter(std::string_view caption);

}  // namespace qr
