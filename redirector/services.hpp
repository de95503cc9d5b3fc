// What a request may use: references to what its I/O thread owns or shares. Built in serve.cpp.
// Threads: one Services per I/O thread; everything in it may be used from that thread.
#pragma once

#include "redirector/store/near_cache.hpp"

namespace redirector {

struct Config;
struct ThreadFacts;
struct ThreadMetrics;
class Metrics;
class UnknownIdLimit;
class Health;
struct CompilePools;
struct DrawingPools;

namespace store {
class Loader;
class PlaceSearch;
class RedisClient;
}  // namespace store
namespace api {
class CallLimit;
class PasswordPool;
}  // namespace api
namespace facts {
class AgentFactsCache;
}
namespace scan {
class Writer;
enum class IpPrivacy : std::uint8_t;
}  // namespace scan

struct Services {
    const Config& config;
    store::NearCache& cache;
    store::NearCache::Reader& reader;
    store::Loader& loader;
    store::PlaceSearch& places;
    store::RedisClient& redis;
    store::RedisClient& scan_redis;  // of scans and hits; the same, unless --scan-redis is given
    scan::Writer& scans;
    ThreadFacts& facts;
    facts::AgentFactsCache& agents;
    ThreadMetrics& metrics;
    const Metrics& all_metrics;
    const Health& health;
    api::PasswordPool& passwords;
    CompilePools& compiling;
    DrawingPools& drawing;
    UnknownIdLimit& unknown_ids;
    api::CallLimit& calls;
};

}  // namespace redirector
