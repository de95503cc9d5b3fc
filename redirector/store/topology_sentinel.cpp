#include "redirector/store/topology_sentinel.hpp"

#include "redirector/text.hpp"

#include <utility>

namespace redirector::store {
namespace {}  // namespace

std::optional<Primary> parse_primary(const RedisReply& address, const RedisReply& master) {
    if (address.elements.size() != 2) return std::nullopt;
    const auto port = to_number<std::uint16_t>(address.elements[1].text);
    if (!port || *port == 0 || address.elements[0].text.empty()) return std::nullopt;
    Primary primary{{address.elements[0].text, *port}, 0};
    for (std::size_t i = 0; i + 1 < master.elements.size(); i += 2) {
        if (master.elements[i].text != "config-epoch") continue;
        primary.epoch = to_number<std::uint64_t>(master.elements[i + 1].text).value_or(0);
    }
    return primary;
}

SentinelDirectory::SentinelDirectory(Executor executor,
                                     RedisAddress address,
                                     std::chrono::milliseconds deadline)
    : executor_(executor), address_(std::move(address)), deadline_(deadline) {}

Awaitable<RedisResult<Primary>> SentinelDirectory::find() {
    std::optional<Primary> best;
    boost::system::error_code failure = RedisError::disconnected;
    for (std::size_t asked = 0; asked < address_.endpoints.size(); ++asked) {
        auto answer = co_await ask_next();
        if (!answer) {
            failure = answer.error();
            continue;
        }
        if (!best || answer->epoch > best->epoch) best = *answer;
        if (!known_ || best->epoch >= known_->epoch) break;
    }
    if (!best) co_return failure;
    known_ = best;
    co_return *best;
}

Awaitable<bool> SentinelDirectory::changed() {
    const auto answer = co_await ask_next();
    co_return answer&& known_ && answer->epoch >= known_->epoch &&
        answer->endpoint != known_->endpoint;
}

Awaitable<RedisResult<Primary>> SentinelDirectory::ask_next() {
    RedisOptions options;
    options.address.endpoints = {address_.endpoints[next_++ % address_.endpoints.size()]};
    options.address.user = address_.user;
    options.address.password = address_.password;
    options.password_optional = true;
    options.reconnect = false;
    options.connect_deadline = deadline_;
    RedisClient sentinel(executor_, options);
    sentinel.start();
    const auto ready = co_await sentinel.wait_ready(deadline_ * 2);
    if (!ready) {
        if (const std::string words = sentinel.last_refusal(); !words.empty())
            last_refusal_ = words;
        co_return ready.error();
    }
    std::vector<Command> questions;
    questions.push_back({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", address_.master});
    questions.push_back({"SENTINEL", "MASTER", address_.master});
    const auto replies = co_await sentinel.execute(std::move(questions), deadline_);
    if (!replies) co_return replies.error();
    const auto primary = parse_primary(replies->at(0), replies->at(1));
    if (primary) co_return *primary;
    last_refusal_ = replies->at(1).is_error() ? replies->at(1).text : "no master of that name";
    co_return make_error_code(RedisError::refused);
}

}  // namespace redirector::store
