#include "redirector/api/rate_limits.hpp"

#include "redirector/api/documents.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/config.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/rate_limit.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// A minute's calls at once, then evenly.
store::RateLimit limit_of(const Config& config) {
    const auto interval = std::chrono::milliseconds(60s) / config.rate_limit;
    return {std::max(interval, std::chrono::milliseconds(1)), config.rate_limit};
}

std::string name_of(const Call& call) {
    return "key:" + store::api_key_digest(presented_key(call.request));
}

Awaitable<void> read_rate_limits(Call& call) {
    json::array limits;
    const Config& config = call.services.config;
    if (config.rate_limit > 0) {
        const store::RateLimit limit = limit_of(config);
        std::string name = name_of(call);
        const store::RateDecision now =
            co_await store::take(call.services.redis, std::move(name), limit, 0);
        json::object entry{{"url", json::object{{"path", "/"}, {"depth", 0}}},
                           {"access", "crud"},
                           {"limit", json::object{{"rate", "minute"},
                                                  {"timeFrame", 1},
                                                  {"warningMaxHits", limit.burst},
                                                  {"blockingMaxHits", limit.burst}}},
                           {"hits", limit.burst - std::min(now.remaining, limit.burst)},
                           {"hitsRemaining", now.remaining},
                           {"reset", now_ms() + now.reset.count()}};
        limits.push_back(json::object{{"name", "key"}, {"rateLimits", json::array{entry}}});
    }
    answer_json(call, limits);
}

constexpr std::array kRoutes{
    Route{Method::get, "/rateLimits", kAnyKey, false, 0, read_rate_limits,
          "calls that the key may make; [] where they are not limited", 200, Shape::list},
};

}  // namespace

Awaitable<bool> within_rate_limit(Call& call) {
    const Config& config = call.services.config;
    if (config.rate_limit == 0) co_return true;
    const store::RateLimit limit = limit_of(config);
    std::string name = name_of(call);
    const store::RateDecision decision =
        co_await store::take(call.services.redis, std::move(name), limit);
    if (!decision.known) co_return true;
    const auto seconds = [](std::chrono::milliseconds time) {
        return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count());
    };
    call.reply.add("X-RateLimit-Limit", std::to_string(limit.burst));
    call.reply.add("X-RateLimit-Remaining", std::to_string(decision.remaining));
    call.reply.add("X-RateLimit-Reset", seconds(decision.reset));
    if (decision.allowed) co_return true;
    call.reply.add("Retry-After", seconds(decision.retry_after));
    call.refuse(Code::rate_limited, "", "the key has made too many calls");
    co_return false;
}

std::span<const Route> rate_limit_routes() {
    return kRoutes;
}

}  // namespace redirector::api
