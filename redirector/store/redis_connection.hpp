// The life of a RedisClient's connection: connect, greet, read until it ends, back off, again.
// Shape:   one coroutine (run) owns the cycle; writes, deadlines and the caller's batches are
//          callbacks. drop() closes from this side, lose() takes the consequences, in run()
//          alone.
// Threads: as RedisClient.
#pragma once

#include "redirector/counter.hpp"
#include "redirector/store/redis_client.hpp"
#include "redirector/store/redis_protocol.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::store {

class RedisClient::Connection : public std::enable_shared_from_this<Connection> {
  public:
    using Clock = std::chrono::steady_clock;
    using TimePoint = Clock::time_point;

    Connection(Executor executor, RedisOptions options);

    void start();
    void stop();
    void forget_callbacks();

    boost::system::error_code submit(const std::vector<Command>& batch,
                                     TimePoint expires,
                                     ReplyHandler handler);
    static Awaitable<RedisResult<std::vector<RedisReply>>> execute(
        std::shared_ptr<Connection> self,
        std::vector<Command> batch,
        std::chrono::milliseconds deadline);
    static Awaitable<RedisResult<RedisReply>> execute(std::shared_ptr<Connection> self,
                                                      Command command);
    static Awaitable<RedisResult<void>> wait_ready(std::shared_ptr<Connection> self,
                                                   std::chrono::milliseconds at_most);

    std::chrono::milliseconds default_deadline() const { return options_.deadline; }
    bool ready() const noexcept { return ready_.load(std::memory_order_relaxed); }
    RedisCounters counters() const noexcept;
    std::string last_refusal() const { return last_refusal_; }

  private:
    using Socket = net::basic_stream_socket<net::generic::stream_protocol, Executor>;
    using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;
    using Endpoint = net::generic::stream_protocol::endpoint;

    static Awaitable<void> run(std::shared_ptr<Connection> self);
    Awaitable<boost::system::error_code> connect();
    Awaitable<boost::system::error_code> find_endpoints(std::vector<Endpoint>& out);
    Awaitable<boost::system::error_code> read();

    void greet();
    void greeted(boost::system::error_code error, std::vector<RedisReply> replies);
    boost::system::error_code refusal(const std::vector<RedisReply>& replies);

    boost::system::error_code admit(const std::vector<Command>& batch);
    void enqueue(const std::vector<Command>& batch, TimePoint expires, ReplyHandler handler);
    boost::system::error_code deliver(std::string_view bytes);
    void finish(std::vector<RedisProtocol::Finished> finished);
    void schedule_flush();
    void flush();

    void arm(TimePoint at);
    void deadline_passed();

    void drop(boost::system::error_code why);
    void lose(boost::system::error_code why);
    void set_state(RedisState state);
    std::chrono::milliseconds next_backoff();

    Executor executor_;
    RedisOptions options_;
    RedisProtocol protocol_;
    Socket socket_;
    Timer deadline_timer_;
    Timer backoff_timer_;
    TimePoint armed_for_ = TimePoint::max();        // of deadline_timer_
    TimePoint connect_expires_ = TimePoint::max();  // while connecting
    std::chrono::milliseconds backoff_;
    std::minstd_rand random_;

    RedisState state_ = RedisState::disconnected;
    boost::system::error_code drop_reason_;  // why this side closed the socket
    boost::system::error_code last_failure_ = RedisError::disconnected;
    std::string last_refusal_;
    std::vector<std::weak_ptr<Timer>> waiters_;  // of wait_ready()

    std::array<char, 32 * 1024> inbox_;
    std::string writing_;
    bool write_in_progress_ = false;
    bool flush_scheduled_ = false;
    std::uint64_t connection_number_ = 0;

    std::atomic<bool> ready_{false};
    Counter commands_;
    Counter errors_;
    Counter connections_;
    std::atomic<std::uint64_t> in_flight_{0};
};

}  // namespace redirector::store
