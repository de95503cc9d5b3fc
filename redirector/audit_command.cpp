#include "redirector/audit_command.hpp"

#include "redirector/account_choice.hpp"
#include "redirector/background.hpp"
#include "redirector/failure.hpp"
#include "redirector/json_text.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ranges>
#include <string>
#include <vector>

namespace redirector {
namespace {

constexpr std::uint32_t kMost = 100'000;
constexpr std::size_t kAtOnce = 1'000;

std::string option_of(const ParsedConfig& parsed, const std::string& name) {
    const auto found = parsed.options.find(name);
    return found == parsed.options.end() ? std::string() : found->second;
}

// An entry of the stream: its ID, then names and values.
std::string to_line(const store::RedisReply& entry) {
    const std::string& id = entry.elements[0].text;
    std::string line = "{\"time\":" + id.substr(0, id.find('-'));
    const auto& parts = entry.elements[1].elements;
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2)
        line += "," + quote_json(parts[i].text) + ":" + quote_json(parts[i + 1].text);
    return line + "}\n";
}

// The newest `count` entries, newest first.
Awaitable<std::string> read_trail(store::RedisClient& redis,
                                  std::string account,
                                  std::size_t count,
                                  std::vector<std::string>& lines) {
    std::string failure = co_await choose_account(redis, account);
    if (!failure.empty()) co_return failure;
    std::string before = "+";
    while (lines.size() < count) {
        const std::size_t wanted = std::min(count - lines.size(), kAtOnce);
        store::Command command{"XREVRANGE", store::keyspace::audit(account), before, "-",
                               "COUNT",     std::to_string(wanted)};
        const auto reply = co_await redis.execute(std::move(command));
        if (!reply || reply->is_error()) co_return std::string("the store does not answer");
        for (const store::RedisReply& entry : reply->elements) {
            if (entry.elements.size() != 2) continue;
            lines.push_back(to_line(entry));
            before = "(" + entry.elements[0].text;
        }
        if (reply->elements.size() < wanted) break;
    }
    co_return failure;
}

}  // namespace

int run_audit(const ParsedConfig& parsed) {
    const std::string last = option_of(parsed, "last");
    const auto count = last.empty() ? 100 : to_number<std::uint32_t>(last).value_or(0);
    if (count < 1 || count > kMost)
        return fail("--last: expected a whole number from 1 to " + std::to_string(kMost));
    Background background;
    store::RedisAddress address;
    if (std::string failure = background.find_redis(*parsed.config, true, address);
        !failure.empty()) {
        return fail(failure);
    }
    std::vector<std::string> lines;
    const std::string account = option_of(parsed, "account");
    const auto work = [&](store::RedisClient& redis) {
        return read_trail(redis, account, count, lines);
    };
    if (std::string failure = background.with_redis(address, work); !failure.empty())
        return fail(failure);
    for (const std::string& line : lines | std::views::reverse)
        std::fwrite(line.data(), 1, line.size(), stdout);
    return 0;
}

}  // namespace redirector
