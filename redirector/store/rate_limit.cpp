#include "redirector/store/rate_limit.hpp"

#include "redirector/store/keyspace.hpp"

#include <algorithm>

namespace redirector::store {
namespace {

// KEYS[1]; ARGV: interval, burst, cost. Answers {allowed, theoretical arrival time - now}.
constexpr std::string_view kScript =
    "local t = redis.call('TIME') "
    "local now = t[1] * 1000 + math.floor(t[2] / 1000) "
    "local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]) "
    "local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) "
    "local next = tat + interval * cost "
    "if next - now > interval * burst then return {0, tat - now} end "
    "if cost > 0 then redis.call('SET', KEYS[1], next, 'PX', next - now) end "
    "return {1, next - now}";

}  // namespace

Awaitable<RateDecision> take(RedisClient& redis,
                             std::string what,
                             RateLimit limit,
                             std::uint32_t cost) {
    Command command{"EVAL",
                    std::string(kScript),
                    "1",
                    keyspace::rate_limit(what),
                    std::to_string(limit.interval.count()),
                    std::to_string(limit.burst),
                    std::to_string(cost)};
    const auto reply = co_await redis.execute(std::move(command));
    RateDecision decision;
    if (!reply || reply->elements.size() != 2) co_return decision;
    decision.known = true;
    decision.allowed = reply->elements[0].integer == 1;
    decision.reset = std::chrono::milliseconds(reply->elements[1].integer);
    const auto free = limit.interval * limit.burst - decision.reset;
    decision.remaining =
        static_cast<std::uint32_t>(std::max<std::int64_t>(free / limit.interval, 0));
    const auto wait = limit.interval * std::max(cost, 1U) - free;
    decision.retry_after = std::max(wait, std::chrono::milliseconds(0));
    co_return decision;
}

}  // namespace redirector::store
