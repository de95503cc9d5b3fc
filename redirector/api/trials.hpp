// Trying rules out: what POST .../redirector/explain and .../replay take and answer. The trying
// itself needs what the redirect needs: redirector/tried_rules.cpp.
// Shape:   explain: {"context": {flat dotted fields}} or {"action": ID}; replay: {"scans": N};
//          both with {"rules": [...]} for a draft, else the rules in force are tried.
// Errors:  functions that take a Call answer the refusal themselves and return nothing: 400, 404
//          for an action that is not there, 422 for a draft that does not compile, 503.
// Threads: on the I/O thread of the call.
// Source:  reference/api-facts.md 10.
#pragma once

#include "redirector/api/call.hpp"
#include "redirector/api/redirector.hpp"
#include "redirector/api/schema.hpp"
#include "rules/explain.hpp"
#include "rules/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redirector::api {

inline constexpr std::size_t kMaxReplayed = 1000;
inline constexpr std::size_t kMaxSamples = 20;

extern const DocumentSpec kExplain;
extern const DocumentSpec kReplay;

struct ExplainRequest {
    Trial trial;
    std::optional<rules::Facts> context;
    std::string action;  // where there is no context: an action's ID
};
Awaitable<std::optional<ExplainRequest>> take_explain(Call& call);

// The record of an action of the account.
Awaitable<std::optional<std::string>> find_record(Call& call, const std::string& action);

// The answer's text. `facts` is shown: of a recorded action they are news.
std::string write_explanation(const rules::Explanation& explanation, const rules::Facts& facts);

struct ReplayRequest {
    Trial trial;
    bool draft = false;     // else what was recorded is compared with the rules in force
    std::size_t scans = 0;  // at most this many, 1 .. kMaxReplayed
};
Awaitable<std::optional<ReplayRequest>> take_replay(Call& call);

// A scan that would go elsewhere. URLs may be empty: nowhere.
struct Diversion {
    std::string action;  // ID
    std::string type;
    std::uint64_t timestamp = 0;
    std::string short_id;
    std::string recorded;  // where it went
    std::string before;    // where the rules in force lead it now; without a draft as `recorded`
    std::string after;     // where those tried lead it
};

struct Replay {
    std::size_t scans = 0;  // looked at
    std::size_t elsewhere = 0;
    std::vector<Diversion> samples;  // the newest, at most kMaxSamples
};
void answer_replay(Call& call, const Replay& replay);

}  // namespace redirector::api
