// The life of a RedisClient's connection: connect, greet, read until it ends, back off, again.
// Shape:   one coroutine (run) owns the cycle; writes, deadlines and the caller's batches are
//          callbacks. drop() closes from this side, lose() takes the consequences, in run()
//          alone. With a Sentinel address each connection begins by asking for the primary, and a
//          second coroutine (watch) goes on asking whether it still is.
// Threads: as RedisClient.
#pragma once

#include "redirector/counter.hpp"
#include "redirector/store/redis_backend.hpp"
#include "redirector/store/redis_protocol.hpp"
#include "redirector/store/topology_sentinel.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::store {

class RedisClient::Connection final : public Backend,
                                      public std::enable_shared_from_this<Connection> {
  public:
    Connection(Executor executor, RedisOptions options);

    void start() override;
    void stop() override;
    RedisCounters counters() const noexcept override;
    RedisAddress server() const override { return server_; }
    boost::system::error_code admit(const std::vector<Command>& batch) override;
    void enqueue(const std::vector<Command>& batch,
                 TimePoint expires,
                 ReplyHandler handler) override;

  private:
    using Socket = net::basic_stream_socket<net::generic::stream_protocol, Executor>;
    using Endpoint = net::generic::stream_protocol::endpoint;

    static Awaitable<void> run(std::shared_ptr<Connection> self);
    static Awaitable<void> watch(std::shared_ptr<Connection> self);
    Awaitable<boost::system::error_code> find_server();
    Awaitable<boost::system::error_code> connect();
    Awaitable<boost::system::error_code> find_endpoints(std::vector<Endpoint>& out);
    Awaitable<boost::system::error_code> read();

    void greet();
    void greeted(boost::system::error_code error, std::vector<RedisReply> replies);
    boost::system::error_code refusal(const std::vector<RedisReply>& replies);

    boost::system::error_code deliver(std::string_view bytes);
    void finish(std::vector<RedisProtocol::Finished> finished);
    void schedule_flush();
    void flush();

    void arm(TimePoint at);
    void deadline_passed();

    void drop(boost::system::error_code why);
    void lose(boost::system::error_code why);
    std::chrono::milliseconds next_backoff();

    RedisAddress server_;  // that is, or was last, spoken to
    std::optional<SentinelDirectory> sentinels_;
    RedisProtocol protocol_;
    Socket socket_;
    Timer deadline_timer_;
    Timer backoff_timer_;
    Timer watch_timer_;
    TimePoint armed_for_ = TimePoint::max();        // of deadline_timer_
    TimePoint connect_expires_ = TimePoint::max();  // while connecting
    std::chrono::milliseconds backoff_;
    std::minstd_rand random_;

    boost::system::error_code drop_reason_;  // why this side closed the socket

    std::array<char, 32 * 1024> inbox_;
    std::string writing_;
    bool write_in_progress_ = false;
    bool flush_scheduled_ = false;
    std::uint64_t connection_number_ = 0;

    Counter commands_;
    Counter errors_;
    Counter connections_;
    std::atomic<std::uint64_t> in_flight_{0};
};

}  // namespace redirector::store
