#include "redirector/store/redis_backend.hpp"

#include "redirector/store/redis_connection.hpp"
#include "redirector/store/topology_cluster.hpp"

#include <utility>

namespace redirector::store {

using boost::system::error_code;

std::shared_ptr<RedisClient::Backend> RedisClient::make_backend(Executor executor,
                                                                RedisOptions options) {
    if (options.address.kind == RedisAddress::Kind::cluster)
        return std::make_shared<Cluster>(executor, std::move(options));
    return std::make_shared<Connection>(executor, std::move(options));
}

RedisClient::Backend::Backend(Executor executor, RedisOptions options)
    : executor_(executor), options_(std::move(options)) {}

void RedisClient::Backend::forget_callbacks() {
    options_.on_greeting = nullptr;
    options_.on_message = nullptr;
    options_.on_state = nullptr;
    options_.on_redirected = nullptr;
}

void RedisClient::Backend::set_state(RedisState state) {
    const bool changed = state_ != state;
    state_ = state;
    ready_.store(state == RedisState::ready, std::memory_order_relaxed);
    for (const std::weak_ptr<Timer>& waiter : waiters_) {
        if (const auto timer = waiter.lock()) timer->cancel();
    }
    if (changed && options_.on_state) options_.on_state(state);
}

error_code RedisClient::Backend::refusal_by_state() const {
    switch (state_) {
        case RedisState::ready:
            return {};
        case RedisState::stopped:
            return RedisError::stopped;
        case RedisState::refused:
            return last_failure_;
        case RedisState::disconnected:
            break;
    }
    return RedisError::disconnected;
}

void RedisClient::Backend::note_write_refusals(const std::vector<RedisReply>& replies) {
    for (const RedisReply& reply : replies) {
        const WriteRefusal refusal = store::write_refusal(reply);
        if (refusal == WriteRefusal::none) continue;
        write_refusal_ = refusal;
        write_refused_ = Clock::now();
    }
}

WriteRefusal RedisClient::Backend::last_write_refusal() const noexcept {
    const bool recent = Clock::now() - write_refused_ < std::chrono::seconds(1);
    return recent ? write_refusal_ : WriteRefusal::none;
}

Awaitable<RedisResult<std::vector<RedisReply>>> RedisClient::Backend::execute(
    std::shared_ptr<Backend> self, std::vector<Command> batch, std::chrono::milliseconds deadline) {
    if (batch.empty()) co_return std::vector<RedisReply>();
    if (const error_code no = self->admit(batch)) co_return no;
    const TimePoint expires = Clock::now() + deadline;
    auto token = use_tuple;
    auto begin = [&self, &batch, expires](auto handler) {
        self->enqueue(batch, expires, std::move(handler));
    };
    auto [error, replies] =
        co_await net::async_initiate<decltype(token), void(error_code, std::vector<RedisReply>)>(
            begin, token);
    if (error) co_return error;
    self->note_write_refusals(replies);
    co_return std::move(replies);
}

Awaitable<RedisResult<RedisReply>> RedisClient::Backend::execute(std::shared_ptr<Backend> self,
                                                                 Command command) {
    std::vector<Command> batch;
    batch.push_back(std::move(command));
    const auto deadline = self->options_.deadline;
    auto replies = co_await execute(std::move(self), std::move(batch), deadline);
    if (!replies) co_return replies.error();
    co_return std::move(replies->front());
}

Awaitable<RedisResult<void>> RedisClient::Backend::wait_ready(std::shared_ptr<Backend> self,
                                                              std::chrono::milliseconds at_most) {
    const TimePoint until = Clock::now() + at_most;
    const auto timer = std::make_shared<Timer>(self->executor_);
    std::erase_if(self->waiters_, [](const auto& waiter) { return waiter.expired(); });
    self->waiters_.push_back(timer);
    for (;;) {
        if (self->state_ == RedisState::ready) co_return RedisResult<void>();
        if (self->state_ == RedisState::stopped) co_return make_error_code(RedisError::stopped);
        if (self->state_ == RedisState::refused) co_return self->last_failure_;
        if (self->over_ || Clock::now() >= until) co_return self->last_failure_;
        timer->expires_at(until);
        co_await timer->async_wait(use_tuple);
    }
}

}  // namespace redirector::store
