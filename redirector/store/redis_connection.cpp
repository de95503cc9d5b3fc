#include "redirector/store/redis_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <utility>

namespace redirector::store {

using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kSentinelBackoff{250};
constexpr std::chrono::seconds kWatchEvery{1};

// A script's error carries that of the command in it at its front.
bool says_readonly(const RedisReply& reply) {
    return reply.is_error() && reply.text.starts_with("READONLY");
}

// ROLE's answer: ["master", offset, replicas].
bool is_primary(const RedisReply& role) {
    return !role.elements.empty() && role.elements.front().text == "master";
}

}  // namespace

RedisClient::Connection::Connection(Executor executor, RedisOptions options)
    : Backend(executor, std::move(options)),
      server_(options_.address),
      protocol_(options_.reply_limits, static_cast<bool>(options_.on_message)),
      socket_(executor),
      deadline_timer_(executor),
      backoff_timer_(executor),
      watch_timer_(executor),
      backoff_(options_.backoff_min),
      random_(std::random_device{}()) {
    if (options_.address.kind != RedisAddress::Kind::sentinel) return;
    sentinels_.emplace(executor, options_.address);
    // A failover is over in the moment in which the new primary is named: look often.
    options_.backoff_max = std::min(options_.backoff_max, kSentinelBackoff);
}

void RedisClient::Connection::start() {
    // The loop ends by itself; an exception in it is a lack of memory, which ends the process.
    auto ended = [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    };
    net::co_spawn(executor_, run(shared_from_this()), ended);
    if (sentinels_ && options_.reconnect)
        net::co_spawn(executor_, watch(shared_from_this()), ended);
}

// What waits may hold this object, so it is handed to the loop here and now: the loop may never
// turn again, and run() then never ends by itself.
void RedisClient::Connection::stop() {
    if (state_ == RedisState::stopped) return;
    drop_reason_ = RedisError::stopped;
    set_state(RedisState::stopped);
    error_code ignored;
    socket_.close(ignored);
    backoff_timer_.cancel();
    deadline_timer_.cancel();
    watch_timer_.cancel();
    auto failed = protocol_.fail_all(RedisError::stopped, Clock::now());
    in_flight_.store(0, std::memory_order_relaxed);
    if (failed.empty()) return;
    net::post(executor_, [self = shared_from_this(), failed = std::move(failed)]() mutable {
        self->finish(std::move(failed));
    });
}

Awaitable<void> RedisClient::Connection::run(std::shared_ptr<Connection> self) {
    while (self->state_ != RedisState::stopped) {
        error_code error = co_await self->connect();
        if (!error) {
            self->greet();
            error = co_await self->read();
        }
        self->lose(error);
        if (!self->options_.reconnect || self->state_ == RedisState::stopped) co_return;
        self->backoff_timer_.expires_after(self->next_backoff());
        co_await self->backoff_timer_.async_wait(use_tuple);
    }
}

// A primary that was replaced while nobody could tell it goes on as if nothing had happened: the
// Sentinels know better.
Awaitable<void> RedisClient::Connection::watch(std::shared_ptr<Connection> self) {
    while (self->state_ != RedisState::stopped) {
        self->watch_timer_.expires_after(kWatchEvery);
        co_await self->watch_timer_.async_wait(use_tuple);
        if (self->state_ != RedisState::ready) continue;
        const std::uint64_t number = self->connection_number_;
        const bool changed = co_await self->sentinels_->changed();
        if (changed && number == self->connection_number_ && self->state_ == RedisState::ready)
            self->drop(RedisError::not_primary);
    }
}

Awaitable<error_code> RedisClient::Connection::find_server() {
    const auto primary = co_await sentinels_->find();
    if (!primary) {
        last_refusal_ = sentinels_->last_refusal();
        co_return primary.error();
    }
    server_ = options_.address;
    server_.kind = RedisAddress::Kind::tcp;
    server_.endpoints = {primary->endpoint};
    server_.master.clear();
    co_return error_code();
}

Awaitable<error_code> RedisClient::Connection::connect() {
    drop_reason_ = {};
    ++connection_number_;
    if (sentinels_) {
        const error_code unknown = co_await find_server();
        if (state_ == RedisState::stopped) co_return make_error_code(RedisError::stopped);
        if (unknown) co_return unknown;
    }
    connect_expires_ = Clock::now() + options_.connect_deadline;
    arm(connect_expires_);

    std::vector<Endpoint> endpoints;
    error_code error = co_await find_endpoints(endpoints);
    for (const Endpoint& endpoint : endpoints) {
        if (drop_reason_) break;
        socket_ = Socket(executor_);
        const auto [failed] = co_await socket_.async_connect(endpoint, use_tuple);
        error = failed;
        if (!error) break;
    }
    connect_expires_ = TimePoint::max();
    if (drop_reason_) co_return drop_reason_;
    if (error) co_return error;
    if (server_.kind == RedisAddress::Kind::tcp) {
        socket_.set_option(net::ip::tcp::no_delay(true), error);
    }
    connections_.add();
    co_return error_code();
}

Awaitable<error_code> RedisClient::Connection::find_endpoints(std::vector<Endpoint>& out) {
    if (server_.kind == RedisAddress::Kind::unix_socket) {
        if (server_.path.size() > RedisAddress::kMaxSocketPath) {
            co_return make_error_code(boost::system::errc::filename_too_long);
        }
        out.emplace_back(net::local::stream_protocol::endpoint(server_.path));
        co_return error_code();
    }
    const RedisAddress::Endpoint& target = server_.endpoints.front();
    error_code error;
    const auto literal = net::ip::make_address(target.host, error);
    if (!error) {
        out.emplace_back(net::ip::tcp::endpoint(literal, target.port));
        co_return error_code();
    }
    net::ip::basic_resolver<net::ip::tcp, Executor> resolver(executor_);
    const std::string port = std::to_string(target.port);
    const auto [failed, found] = co_await resolver.async_resolve(target.host, port, use_tuple);
    for (const auto& entry : found)
        out.emplace_back(entry.endpoint());
    co_return failed;
}

Awaitable<error_code> RedisClient::Connection::read() {
    for (;;) {
        const auto [error, size] = co_await socket_.async_read_some(net::buffer(inbox_), use_tuple);
        if (drop_reason_) co_return drop_reason_;
        if (error) co_return make_error_code(RedisError::disconnected);
        const error_code bad = deliver({inbox_.data(), size});
        if (drop_reason_) co_return drop_reason_;
        if (bad) co_return bad;
    }
}

// AUTH and SELECT come first. PING and ROLE come before the caller's own commands, since after a
// SUBSCRIBE among them they would be refused, or answered in another form.
void RedisClient::Connection::greet() {
    const RedisAddress& address = options_.address;
    std::vector<Command> batch;
    if (!address.password.empty()) {
        Command& auth = batch.emplace_back(Command{"AUTH"});
        if (!address.user.empty()) auth.push_back(address.user);
        auth.push_back(address.password);
    }
    if (address.database != 0) batch.push_back({"SELECT", std::to_string(address.database)});
    batch.push_back({"PING"});
    if (sentinels_) batch.push_back({"ROLE"});
    batch.insert(batch.end(), options_.greeting.begin(), options_.greeting.end());

    const TimePoint expires = Clock::now() + options_.connect_deadline;
    // No shared ownership: the handler lives in this object, which only calls it from run() and
    // stop().
    auto finished = [this](error_code error, std::vector<RedisReply> replies) {
        greeted(error, std::move(replies));
    };
    protocol_.push(batch, expires, finished);
    arm(expires);
    flush();
}

void RedisClient::Connection::greeted(error_code error, std::vector<RedisReply> replies) {
    if (error) return;  // lose() tells why
    if (const error_code no = refusal(replies)) {
        drop(no);
        return;
    }
    backoff_ = options_.backoff_min;
    if (options_.on_greeting) {
        const auto own = static_cast<std::ptrdiff_t>(replies.size() - options_.greeting.size());
        replies.erase(replies.begin(), replies.begin() + own);
        options_.on_greeting(std::move(replies));
    }
    if (!drop_reason_) set_state(RedisState::ready);
}

error_code RedisClient::Connection::refusal(const std::vector<RedisReply>& replies) {
    const bool may_lack_password = options_.password_optional && !options_.address.password.empty();
    const bool lacks_password = may_lack_password && replies.front().is_error() &&
                                replies.front().text.starts_with("ERR AUTH");
    // While its disk fails Redis refuses PING as it does writes (server.c, processCommand).
    const auto no = std::find_if(
        replies.begin() + (lacks_password ? 1 : 0), replies.end(), [](const RedisReply& reply) {
            return reply.is_error() && store::write_refusal(reply) != WriteRefusal::disk;
        });
    if (no == replies.end()) {
        const std::size_t role = replies.size() - options_.greeting.size() - 1;
        if (sentinels_ && !is_primary(replies[role])) return RedisError::not_primary;
        return {};
    }
    last_refusal_ = no->text;
    const auto begins = [&](std::string_view start) { return no->text.starts_with(start); };
    if (begins("LOADING")) return RedisError::loading;
    if (begins("WRONGPASS") || begins("NOAUTH") || begins("ERR AUTH") ||
        begins("ERR invalid pass")) {
        return RedisError::auth;
    }
    return RedisError::refused;
}

error_code RedisClient::Connection::admit(const std::vector<Command>& batch) {
    error_code no = refusal_by_state();
    const std::size_t unwritten = protocol_.output_bytes() + writing_.size();
    if (!no && (protocol_.commands_in_flight() + batch.size() > options_.max_pending_commands ||
                unwritten + encoded_size_bound(batch) > options_.max_queued_bytes)) {
        no = RedisError::overloaded;
    }
    if (no) errors_.add();
    return no;
}

void RedisClient::Connection::enqueue(const std::vector<Command>& batch,
                                      TimePoint expires,
                                      ReplyHandler handler) {
    protocol_.push(batch, expires, std::move(handler));
    commands_.add(batch.size());
    in_flight_.store(protocol_.commands_in_flight(), std::memory_order_relaxed);
    arm(expires);
    schedule_flush();
}

error_code RedisClient::Connection::deliver(std::string_view bytes) {
    std::vector<RedisProtocol::Finished> finished;
    std::vector<RedisReply> messages;
    const error_code error = protocol_.feed(bytes, finished, messages);
    in_flight_.store(protocol_.commands_in_flight(), std::memory_order_relaxed);
    for (RedisReply& message : messages) {
        if (options_.on_message) options_.on_message(std::move(message));
    }
    const bool demoted = sentinels_ && std::ranges::any_of(finished, [](const auto& batch) {
                             return std::ranges::any_of(batch.replies, says_readonly);
                         });
    if (demoted) drop(RedisError::not_primary);
    finish(std::move(finished));
    return error;
}

void RedisClient::Connection::finish(std::vector<RedisProtocol::Finished> finished) {
    for (RedisProtocol::Finished& batch : finished) {
        if (batch.error) errors_.add();
        std::move(batch.handler)(batch.error, std::move(batch.replies));
    }
}

// One write per loop turn: whatever is submitted before the posted function runs goes with it.
void RedisClient::Connection::schedule_flush() {
    if (flush_scheduled_ || write_in_progress_) return;
    flush_scheduled_ = true;
    net::post(executor_, [self = shared_from_this()] {
        self->flush_scheduled_ = false;
        self->flush();
    });
}

void RedisClient::Connection::flush() {
    if (write_in_progress_ || protocol_.output_bytes() == 0 || !socket_.is_open()) return;
    writing_ = protocol_.take_output();
    write_in_progress_ = true;
    const std::uint64_t number = connection_number_;
    net::async_write(socket_, net::buffer(writing_),
                     [self = shared_from_this(), number](error_code error, std::size_t) {
                         if (number != self->connection_number_) return;
                         self->write_in_progress_ = false;
                         self->writing_.clear();
                         if (error) return self->drop(RedisError::disconnected);
                         self->flush();
                     });
}

// One timer for all deadlines. It is only ever set earlier, so equal deadlines cost one setting per
// period, not one per command.
void RedisClient::Connection::arm(TimePoint at) {
    if (armed_for_ <= at) return;
    armed_for_ = at;
    deadline_timer_.expires_at(at);
    deadline_timer_.async_wait([self = shared_from_this()](error_code error) {
        if (error) return;  // set again, or stopped
        self->armed_for_ = TimePoint::max();
        self->deadline_passed();
    });
}

void RedisClient::Connection::deadline_passed() {
    const TimePoint next = std::min(connect_expires_, protocol_.earliest_deadline());
    if (next == TimePoint::max()) return;
    if (next > Clock::now()) return arm(next);
    drop(RedisError::deadline);
}

// Ends the connection from this side; run() sees it and takes the consequences.
void RedisClient::Connection::drop(error_code why) {
    if (drop_reason_) return;
    drop_reason_ = why;
    error_code ignored;
    socket_.close(ignored);
    if (state_ == RedisState::ready) set_state(RedisState::disconnected);
}

void RedisClient::Connection::lose(error_code why) {
    error_code ignored;
    socket_.close(ignored);
    ++connection_number_;
    write_in_progress_ = false;
    writing_.clear();
    last_failure_ = why;
    over_ = !options_.reconnect;
    std::vector<RedisProtocol::Finished> failed = protocol_.fail_all(why, Clock::now());
    in_flight_.store(0, std::memory_order_relaxed);
    const bool final_looking = why == RedisError::auth || why == RedisError::refused;
    if (state_ != RedisState::stopped) {
        set_state(final_looking ? RedisState::refused : RedisState::disconnected);
    }
    finish(std::move(failed));
}

std::chrono::milliseconds RedisClient::Connection::next_backoff() {
    if (state_ == RedisState::refused) backoff_ = options_.backoff_max;
    const auto half = backoff_.count() / 2;
    const auto jitter = std::uniform_int_distribution<std::int64_t>(0, half)(random_);
    backoff_ = std::min(backoff_ * 2, options_.backoff_max);
    return std::chrono::milliseconds(half + jitter);
}

RedisCounters RedisClient::Connection::counters() const noexcept {
    const std::uint64_t connections = connections_.get();
    return {commands_.get(), errors_.get(), connections > 0 ? connections - 1 : 0,
            in_flight_.load(std::memory_order_relaxed)};
}

}  // namespace redirector::store
