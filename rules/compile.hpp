// Compile: the rules of a Redirector document -> a published Ruleset, or all that is wrong with
// them. Errors:  any error refuses the whole list; warnings come with the ruleset. Threads: pure.
// Source:  limits and error classes in rules/README.md.
#pragma once

#include "rules/check.hpp"
#include "rules/problem.hpp"
#include "rules/ruleset.hpp"
#include "rules/template.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rules {

inline constexpr std::size_t kMaxRules = 10'000;
inline constexpr std::size_t kMaxRulesetBytes = 1 << 20;  ///< all texts of all rules together
inline constexpr std::size_t kMaxConstants = 64;
inline constexpr std::size_t kMaxConstantBytes = 1024;  ///< key, and value
inline constexpr std::size_t kMaxDelegates = 32;
/// Problems beyond this many are not listed.
inline constexpr std::size_t kMaxProblems = 100;

struct Delegate {
    std::string project;
    std::string app;
};

/// One rule as its document says it. Empty stands for absent throughout.
struct RuleSource {
    std::string match;         ///< a filter; empty matches always
    std::string name;          ///< for people
    std::string redirect_url;  ///< a URL template
    std::vector<Delegate> delegates;
    std::vector<std::pair<std::string, std::string>> constants;  ///< of equal keys the last wins
};

/// Bytes of all texts of these rules together, which kMaxRulesetBytes bounds.
[[nodiscard]] std::size_t text_bytes(std::span<const RuleSource> rules);

struct CompileOptions {
    Level level = Level::account;
    UrlPolicy urls = {};
};

struct Compiled {
    std::shared_ptr<const Ruleset> ruleset;
    std::vector<Problem> warnings;
};

/// Why a list of rules was refused: errors first (syntax and limits, then types), then warnings.
struct Rejection {
    std::vector<Problem> problems;
};

[[nodiscard]] boost::system::result<Compiled, Rejection> compile(std::span<const RuleSource> rules,
                                                                 const CompileOptions& options);

}  // namespace rules
