// Which page a scan leads to. Of a known user: the rules of the user's application. Of anybody
// else: the account's rules, and their delegates. If those yield nothing: the default URL.
// Shape:   works on what is known; says `lacking` when a document must be loaded first.
// Errors:  rules that stop, do not compile or cannot render their URL yield no result (contract
//          4.3).
// Threads: one synchronous piece of work on the I/O thread of the Services.
// Source:  contract 4; rules-language 2 and 3 ("Account rule with delegates").
#pragma once

#include "redirector/known.hpp"
#include "redirector/metrics.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/scan_facts.hpp"

#include <cstdint>
#include <string_view>

namespace redirector {

struct Target {
    std::string_view url;  // lives as long as the subject and the thread's facts
    scan::ReactionLevel level = scan::ReactionLevel::fallback;
    std::uint32_t rule = 0;    // 1 for the first; 0: none
    std::string_view project;  // of the application that was asked on the user's behalf or yielded
    std::string_view application;
    std::string_view context;  // JSON, of an application's rule; lives like `url`
    DecidedBy decided = DecidedBy::no_rules;
};

enum class Resolved : std::uint8_t { done, lacking };

Resolved resolve(
    const Subject& subject, ScanFacts& scan, Known& known, ThreadFacts& thread, Target& target);

}  // namespace redirector
