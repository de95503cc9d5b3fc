// Actions that clients make: POST /actions/{type}, /actions/all, and their aliases below thngs,
// products and collections.
// Shape:   take_actions() checks a body and finds what it names, store_actions() writes the records
//          and answers. What stands between them (where the client is, what rules make of it) is
//          the caller's: redirector/posted_actions.cpp.
//          All actions of a request lie in one partition and are added by one script, so that
//          either all are there or none. An answer of 201 comes after Redis has them; they can be
//          read from then on.
// Units:   at most kMaxNewActions a request; timestamps at most a day ahead of the clock.
// Errors:  answered: 400 naming the field, 403, 404 for what a path names, 503. After a 503 of
//          store_actions() the actions may be there or not.
// Threads: on the I/O thread of the call.
// Source:  reference/001 "Actions"; reference/api-facts.md 5, 6 and 8.
#pragma once

#include "redirector/api/call.hpp"
#include "redirector/scan/record.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redirector::api {

inline constexpr std::size_t kMaxNewActions = 500;
inline constexpr std::size_t kActionsBody = 1024 * 1024;
inline constexpr std::int64_t kMaxAhead = 24 * 3600 * 1000LL;  // of a timestamp, in ms

struct NewAction {
    boost::json::object
        fields;  // as the table has them; type, target, timestamp and scopes filled in
    std::optional<scan::Coordinates> position;  // given, or that of the place
    // What a Redirector made of it; no URL: nothing.
    scan::ReactionLevel reaction_level = scan::ReactionLevel::fallback;
    std::uint32_t rule = 0;
    std::string redirect_url;
    std::string reaction_context;
};

struct NewActions {
    std::vector<NewAction> actions;
    bool as_array = false;  // the body was an array, and so is the answer
};

// Nothing: refused, which is answered.
Awaitable<std::optional<NewActions>> take_actions(Call& call);

// The action as store_actions() records it. `origin`: what is known of the client.
std::vector<std::uint8_t> record_of(const NewAction& action,
                                    const std::string& account,
                                    const scan::Scan& origin);

// `origin`: what is known of the client (address, agent, geo facts); its views outlive the call.
Awaitable<void> store_actions(Call& call, const NewActions& actions, const scan::Scan& origin);

}  // namespace redirector::api
