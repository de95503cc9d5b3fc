#include "redirector/scan_sink.hpp"

namespace redirector {

ScanSink::ScanSink(Executor executor, store::RedisOptions options)
    : client_(std::move(executor), counting(std::move(options))) {
    client_.start();
}

// Every connection made anew may reach a Redis that came back with less than it had.
store::RedisOptions ScanSink::counting(store::RedisOptions options) {
    options.on_state = [this](store::RedisState state) {
        if (state == store::RedisState::ready) generation_.fetch_add(1, std::memory_order_relaxed);
    };
    return options;
}

Awaitable<boost::system::error_code> ScanSink::exchange(std::span<const scan::Command> commands,
                                                        std::vector<scan::Answer>& answers) {
    std::vector<store::Command> batch;
    batch.reserve(commands.size());
    for (const scan::Command& command : commands)
        batch.emplace_back(command.words.begin(), command.words.end());
    auto replies = co_await client_.execute(std::move(batch));
    if (!replies) co_return replies.error();
    answers.clear();
    for (store::RedisReply& reply : *replies) {
        scan::Answer answer;
        answer.kind = reply.is_nil()     ? scan::Answer::Kind::nil
                      : reply.is_error() ? scan::Answer::Kind::error
                                         : scan::Answer::Kind::text;
        const bool is_integer = reply.type == store::RedisReply::Type::integer;
        answer.text = is_integer ? std::to_string(reply.integer) : std::move(reply.text);
        answers.push_back(std::move(answer));
    }
    co_return boost::system::error_code();
}

}  // namespace redirector
