// Templates: URLs with placeholders. Text -> parts -> (placed in a ruleset's store) -> URL.
// Shape:   scheme and host are literal, so no value can choose where a redirect leads; placeholders
//          stand in path, query and fragment, and each is encoded for its place.
// Errors:  parse reports all that can be known beforehand; rendering has outcomes.
// Threads: parse and render are pure.
// Source:  RFC 3986 sections 2.3, 3 and 5.2.4; grammar in rules/README.md.
#pragma once

#include "rules/check.hpp"
#include "rules/context.hpp"
#include "rules/problem.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rules {

inline constexpr std::size_t kMaxTemplateBytes = 2048;
inline constexpr std::size_t kMaxUrlBytes = 8192;

/// Where a part stands decides how its value is encoded: "/" is kept in the path only.
enum class UrlPart : std::uint8_t { path, query, fragment };

/// A piece of a template, constants already encoded.
struct TemplatePart {
    enum class Kind : std::uint8_t { literal, constant, value };

    Kind kind = Kind::literal;
    UrlPart place = UrlPart::path;  ///< a literal belongs to one place only
    std::string text;               ///< literal, constant: ready to be copied
    std::string name;               ///< value: canonical field name
    const Field* field = nullptr;   ///< value
};

/// What a site allows beyond http and https, and where it must not lead.
struct UrlPolicy {
    std::span<const std::string_view> app_schemes = {};  ///< lower case, without "://"
    std::string_view short_domain = {};                  ///< host[:port] of short URLs, lower case
};

struct TemplateSyntax {
    std::vector<TemplatePart> parts;
    bool unknown_name = false;  ///< some placeholder is unknown: rendering has no result
};

/// Appends what is wrong to `problems`: syntax, limit, scheme and loop are errors, unknown names
/// warnings. The result is meaningful when no error was appended.
[[nodiscard]] TemplateSyntax parse_template(std::string_view text,
                                            const Scope& scope,
                                            const UrlPolicy& policy,
                                            std::vector<Problem>& problems);

/// A part as the hot path reads it.
struct StoredPart {
    TemplatePart::Kind kind = TemplatePart::Kind::literal;
    UrlPart place = UrlPart::path;
    Slot slot = 0;            ///< value
    std::uint32_t begin = 0;  ///< literal, constant: bytes in the store's text
    std::uint32_t size = 0;
};

enum class Rendered : std::uint8_t {
    ok,
    unknown_name,  ///< the template names a field that does not exist
    dot_segment,   ///< a value made a path segment "." or ".."
    too_long,      ///< more than kMaxUrlBytes
};

/// Appends the URL to `out`, which is left as it was unless the outcome is ok. No allocation when
/// `out` has room for it. Pending slots count as missing.
[[nodiscard]] Rendered render(std::span<const StoredPart> parts,
                              std::string_view store,
                              const Context& context,
                              std::string& out);

/// Appends `text` percent-encoded for its place: all but `A-Za-z0-9-._~`, and "/" in the path.
void append_encoded(std::string& out, std::string_view text, UrlPart place);

}  // namespace rules
