// Dry run: the real engine over values given by name, for `redirector rules eval`, drafts and
// replays. Everything is compiled anew for each call; servers keep a Ruleset and a Context instead.
// Errors:  the first Problem, or a Rejection's list, of the kinds that README.md lists.
// Threads: pure.
#pragma once

#include "rules/compile.hpp"
#include "rules/problem.hpp"
#include "rules/value.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rules {

/// Whether a lone filter holds. Its constants are the facts named `constants.<key>`; an unknown
/// name is an error here.
[[nodiscard]] boost::system::result<bool, Problem> evaluate_match(std::string_view match,
                                                                  const Facts& facts);

/// The URL of a lone template, with constants as above. An unknown name, a dot segment and a URL
/// that is too long are errors here.
[[nodiscard]] boost::system::result<std::string, Problem> evaluate_template(
    std::string_view text, const Facts& facts, const UrlPolicy& policy = {});

/// What a list of rules makes of a context, rendering included.
struct Resolution {
    enum class Outcome : std::uint8_t {
        redirect,  ///< `rule` matched, `url` is where to
        delegate,  ///< `rule` matched; `url` is its own URL if it has one, for when no delegate
                   ///< yields
        none,      ///< no result; `rule`, if any, stopped the walk
        rejected,  ///< the rules do not compile: `problems` says why, `rule` where first
    };

    Outcome outcome = Outcome::none;
    std::optional<std::size_t> rule;
    std::string url;
    std::vector<Problem> problems;  ///< why rejected, or why rendering failed; else warnings
};

[[nodiscard]] Resolution resolve(std::span<const RuleSource> rules,
                                 const CompileOptions& options,
                                 const Facts& facts);
/// The same for rules compiled before. `problems` says only why rendering failed.
[[nodiscard]] Resolution resolve(const Ruleset& ruleset, const Facts& facts);

/// "redirect", "delegate", "none", "rejected".
[[nodiscard]] std::string_view to_string(Resolution::Outcome outcome);

}  // namespace rules
