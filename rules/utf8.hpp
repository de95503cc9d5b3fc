// UTF-8 well-formedness (Unicode 15, table 3-7).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rules {

/// The length, 1 to 4, of the well-formed character at `at` (below text.size()), or 0.
[[nodiscard]] std::size_t utf8_length(std::string_view text, std::size_t at);

[[nodiscard]] bool is_well_formed(std::string_view text);

/// `text` with each byte that belongs to no well-formed character as U+FFFD.
[[nodiscard]] std::string well_formed(std::string_view text);

/// Whether the well-formed character at `at` is a control: C0 or DEL, or C1 (U+0080 to U+009F).
[[nodiscard]] bool is_control(std::string_view text, std::size_t at);

}  // namespace rules
