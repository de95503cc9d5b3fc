// What a management call changed, for the audit trail: which document, and the SHA-256 of its record
// before and after. Contents, keys and addresses never stand in it.
// Shape:   a change is a line of the log, and an entry of its account's trail: a stream in Redis
//          (keyspace.hpp) of the newest 100,000 changes or a few more. The entry is written behind
//          the change and before the answer: only a node that dies in between leaves a change
//          without one.
// Threads: belongs to one call.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redis_client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace redirector::api {

struct Actor;

struct ChangeNote {
    std::string what;  // "thng", "redirection", "redirector" ...
    std::string id;
    std::string before;  // 64 hexadecimal digits; empty: there was none
    std::string after;   // the same; empty: it was removed
};

// `before` and `after` are records as stored; empty: none.
ChangeNote note_change(std::string_view what,
                       std::string_view id,
                       std::string_view before,
                       std::string_view after);

// One entry each, in one trip. `actor`: who made the call with that guid. False: not all were kept.
Awaitable<bool> keep_changes(store::RedisClient& redis,
                             const Actor& actor,
                             const std::string& guid,
                             const std::vector<ChangeNote>& changes);

}  // namespace redirector::api
