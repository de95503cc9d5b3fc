// Where everything in Redis is, as the settings `redis`, `redis-replica` and `scan-redis` say.
#pragma once

#include "redirector/store/redis_address.hpp"

#include <optional>

namespace redirector::store {

struct RedisPlaces {
    RedisAddress primary;                   // documents: read and written
    std::optional<RedisAddress> replica;    // of it, for look-ups
    std::optional<RedisAddress> own_scans;  // of streams, hits and marks, where not with documents

    const RedisAddress& scans() const { return own_scans ? *own_scans : primary; }
    const RedisAddress& look_ups() const { return replica ? *replica : primary; }
};

}  // namespace redirector::store
