// Parse: filter text -> AST. Names and types are not looked at yet (rules/check.hpp).
// Errors:  the first violation of the grammar or of a limit.
// Threads: pure.
// Source:  grammar in rules/README.md.
#pragma once

#include "rules/ast.hpp"
#include "rules/problem.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <string_view>

namespace rules {

inline constexpr std::size_t kMaxMatchBytes = 4096;
inline constexpr std::size_t kMaxPredicates = 128;
inline constexpr std::size_t kMaxListValues = 256;
inline constexpr std::size_t kMaxNesting = 16;  ///< of parentheses

/// `text` is any bytes; what is returned holds no reference to it.
[[nodiscard]] boost::system::result<Filter, Problem> parse(std::string_view text);

}  // namespace rules
