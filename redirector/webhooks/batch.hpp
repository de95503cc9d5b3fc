// The next actions of an account for one webhook, as the body that is posted.
// Shape:   a JSON array of at most kMostActions ActionDocuments with their context, of the types
//          wanted, oldest first as far as partitions have an order. A batch ends after kMostEntries
//          entries even if none of them holds a wanted action: the cursor moves on then.
// Errors:  nullopt: Redis does not answer.
// Threads: on the I/O thread of the client.
#pragma once

#include "redirector/async.hpp"
#include "redirector/facts/user_agent.hpp"
#include "redirector/store/redis_client.hpp"
#include "redirector/webhooks/cursor.hpp"

#include <optional>
#include <string>
#include <vector>

namespace redirector::webhooks {

inline constexpr std::size_t kMostActions = 100;
inline constexpr std::size_t kMostEntries = 2'000;

struct BatchQuery {
    std::string account;
    std::vector<std::string> types;  // empty: all
    Cursor from;
    std::optional<Cursor> to;  // of a batch that was read before: exactly up to there
};

struct Batch {
    Cursor to;
    std::string body;
    std::size_t actions = 0;
    std::uint64_t since_ms = 0;  // when its first action was taken in; 0: it holds none
};

Awaitable<std::optional<Batch>> read_batch(store::RedisClient& redis,
                                           const BatchQuery& query,
                                           facts::AgentFactsCache& agents);

}  // namespace redirector::webhooks
