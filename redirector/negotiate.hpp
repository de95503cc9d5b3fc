// Content negotiation (RFC 9110 12.5.1): which of the media types on offer an Accept field prefers.
// Threads: pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace redirector {

// Index of the best of `offered`, by the quality that the most specific range gives each; the
// earlier one when two are equal. nullopt when none is acceptable. An absent or empty field accepts
// everything.
std::optional<std::size_t> negotiate(std::string_view accept,
                                     std::span<const std::string_view> offered);

}  // namespace redirector
