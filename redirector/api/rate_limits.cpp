#include "redirector/api/rate_limits.hpp"

#include "redirector/api/documents.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/config.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/rate_limit.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace redirector::api {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// A limit that the call comes under: whose, and its state in Redis.
struct Limited {
    std::string_view whose;
    std::string state;
    store::RateLimit limit;
};

// A minute's calls at once, then evenly.
store::RateLimit limit_of(std::uint32_t per_minute) {
    const auto interval = std::chrono::milliseconds(60s) / per_minute;
    return {std::max(interval, std::chrono::milliseconds(1)), per_minute};
}

std::vector<Limited> limits_of(const Call& call) {
    const Config& config = call.services.config;
    std::vector<Limited> limits;
    if (config.rate_limit > 0)
        limits.push_back({"key", "key:" + store::api_key_digest(presented_key(call.request)),
                          limit_of(config.rate_limit)});
    if (config.account_rate_limit > 0)
        limits.push_back(
            {"account", "account:" + call.actor.account, limit_of(config.account_rate_limit)});
    return limits;
}

Awaitable<void> read_rate_limits(Call& call) {
    json::array answer;
    const std::vector<Limited> limits = limits_of(call);
    for (const Limited& own : limits) {
        const store::RateDecision now =
            co_await store::take(call.services.redis, own.state, own.limit, 0);
        const std::uint32_t burst = own.limit.burst;
        json::object entry{{"url", json::object{{"path", "/"}, {"depth", 0}}},
                           {"access", "crud"},
                           {"limit", json::object{{"rate", "minute"},
                                                  {"timeFrame", 1},
                                                  {"warningMaxHits", burst},
                                                  {"blockingMaxHits", burst}}},
                           {"hits", burst - std::min(now.remaining, burst)},
                           {"hitsRemaining", now.remaining},
                           {"reset", now_ms() + now.reset.count()}};
        answer.push_back(json::object{{"name", own.whose}, {"rateLimits", json::array{entry}}});
    }
    answer_json(call, answer);
}

constexpr std::array kRoutes{
    Route{Method::get, "/rateLimits", kAnyKey, false, 0, read_rate_limits,
          "calls that the key and its account may make; [] where they are not limited", 200,
          Shape::list},
};

}  // namespace

Awaitable<bool> within_rate_limit(Call& call) {
    const std::vector<Limited> limits = limits_of(call);
    std::optional<std::pair<std::string_view, store::RateDecision>> tightest;
    std::uint32_t burst = 0;
    for (const Limited& own : limits) {
        const store::RateDecision now =
            co_await store::take(call.services.redis, own.state, own.limit);
        if (!now.known) continue;
        if (tightest && now.allowed && now.remaining >= tightest->second.remaining) continue;
        tightest.emplace(own.whose, now);
        burst = own.limit.burst;
        if (!now.allowed) break;
    }
    if (!tightest) co_return true;
    const auto& [whose, decision] = *tightest;
    const auto seconds = [](std::chrono::milliseconds time) {
        return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count());
    };
    call.reply.add("X-RateLimit-Limit", std::to_string(burst));
    call.reply.add("X-RateLimit-Remaining", std::to_string(decision.remaining));
    call.reply.add("X-RateLimit-Reset", seconds(decision.reset));
    if (decision.allowed) co_return true;
    call.reply.add("Retry-After", seconds(decision.retry_after));
    call.refuse(Code::rate_limited, "", "the " + std::string(whose) + " has made too many calls");
    co_return false;
}

std::span<const Route> rate_limit_routes() {
    return kRoutes;
}

}  // namespace redirector::api
