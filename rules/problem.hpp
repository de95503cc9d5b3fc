// Problems: what is wrong with a rule or a template, in words and positions that its author can
// use. Units:   offsets are bytes from the start of the member's text, 0-based; rules are counted
// from 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rules {

enum class ProblemKind : std::uint8_t {
    syntax,         ///< the text does not follow the grammar
    limit,          ///< too long, too deep, too many
    scheme,         ///< the URL's scheme is absent or not allowed
    loop,           ///< the URL leads back to the short domain
    incomplete,     ///< a rule with neither a URL nor delegates
    misplaced,      ///< delegates where there can be none
    type,           ///< an operator or a value that the field's type does not take
    unknown_field,  ///< a name that no context has
    dot_segment,    ///< a value made a "." or ".." path segment (rendering only)
    unreachable,    ///< an earlier rule always ends the walk
    always_empty,   ///< a field that has no value at this level
};

enum class Severity : std::uint8_t {
    error,    ///< the whole document is refused
    warning,  ///< the document is accepted, its author should know
};

/// The part of a rule in which a problem lies; `document` is the list of rules as a whole, `rule` one
/// of them.
enum class Member : std::uint8_t {
    document,
    rule,
    match,
    redirect_url,
    delegates,
    constants,
    name
};

struct Problem {
    ProblemKind kind = ProblemKind::syntax;
    Severity severity = Severity::error;
    std::size_t rule = 0;
    Member member = Member::match;
    std::size_t offset = 0;
    std::string message;
    std::string hint;  ///< what to write instead; empty when nothing fits
};

/// The name by which documents and command lines know the kind: "syntax", "unknown-field", ...
[[nodiscard]] std::string_view to_string(ProblemKind kind);

/// The member as a rule document spells it: "match", "redirectUrl", ...
[[nodiscard]] std::string_view to_string(Member member);

/// One line: `rule 2, match, at 14: unknown field "thng.tag" (did you mean thng.tags?)`; of a whole
/// rule `rule 2: ...`.
[[nodiscard]] std::string to_string(const Problem& problem);

/// Orders by class (syntax and limits, then types, then unknown names), then rule, member, offset.
void sort_by_class(std::vector<Problem>& problems);

}  // namespace rules
