// The Redirector: an account's rules, and those of its applications, over HTTP.
// Shape:   {"id", "createdAt", "updatedAt", "version", "rules": [...]}; each PUT makes a new
//          version, the last kVersions of which are kept and can be put in force again.
// Errors:  422 with rule, member, offset and reason for rules that do not compile: those in force
//          stay. 412 when If-Match names another version. 503 while too many long sets of rules
//          are being compiled. Rules that name unknown fields are accepted, with `warnings`.
// Threads: handlers run on the I/O thread of the call; long rules are worked on elsewhere.
// Source:  reference/001 "Redirector"; reference/api-facts.md 10; rules-language 2 (two classes
//          of errors).
#pragma once

#include "redirector/api/call.hpp"
#include "redirector/api/draft.hpp"
#include "rules/compile.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::api {

inline constexpr std::size_t kVersions = 50;
// 1 MiB of texts, escaped and with names.
inline constexpr std::size_t kMaxRedirectorBody = 4 << 20;

// The rules of a stored document; nullopt when it is none.
std::optional<std::vector<rules::RuleSource>> rules_of(std::string_view document);

Awaitable<void> read_redirector(Call& call);    // GET /redirector
Awaitable<void> write_redirector(Call& call);   // PUT /redirector
Awaitable<void> remove_redirector(Call& call);  // DELETE /redirector
Awaitable<void> list_versions(Call& call);      // GET /redirector/versions
Awaitable<void> activate_version(Call& call);   // POST /redirector/versions/{version}/activate

// Rules to be tried on what is given or was recorded: a draft, or those in force.
struct Trial {
    rules::CompileOptions options;
    std::string key;  // of the Redirector, in Redis
    std::vector<rules::RuleSource> rules;
    std::shared_ptr<const rules::Ruleset> ruleset;
};

struct TrialBody {
    boost::json::object others;  // what the body holds beside "rules"
    Trial trial;
    bool drafted = false;  // else the rules in force are tried
};

// Nothing: answered.
Awaitable<std::optional<TrialBody>> take_trial(Call& call, BodyReader reader);

}  // namespace redirector::api
