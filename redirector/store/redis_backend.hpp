// What a RedisClient stands on: one connection (redis_connection) or a cluster's connections
// (topology_cluster). Holds what both share: the state, who waits for it, and how a batch becomes
// a coroutine.
// Threads: as RedisClient.
#pragma once

#include "redirector/store/redis_client.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace redirector::store {

class RedisClient::Backend {
  public:
    using Clock = std::chrono::steady_clock;
    using TimePoint = Clock::time_point;

    Backend(Executor executor, RedisOptions options);
    virtual ~Backend() = default;
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    // As RedisClient's.
    virtual void start() = 0;
    virtual void stop() = 0;
    virtual RedisCounters counters() const noexcept = 0;
    virtual RedisAddress server() const { return options_.address; }

    // No error: the batch (not empty) may be given to enqueue(), which calls the handler once,
    // never from within itself.
    virtual boost::system::error_code admit(const std::vector<Command>& batch) = 0;
    virtual void enqueue(const std::vector<Command>& batch,
                         TimePoint expires,
                         ReplyHandler handler) = 0;

    void forget_callbacks();
    std::chrono::milliseconds default_deadline() const { return options_.deadline; }
    bool ready() const noexcept { return ready_.load(std::memory_order_relaxed); }
    const std::string& last_refusal() const { return last_refusal_; }
    WriteRefusal last_write_refusal() const noexcept;

    static Awaitable<RedisResult<std::vector<RedisReply>>> execute(
        std::shared_ptr<Backend> self,
        std::vector<Command> batch,
        std::chrono::milliseconds deadline);
    static Awaitable<RedisResult<RedisReply>> execute(std::shared_ptr<Backend> self,
                                                      Command command);
    static Awaitable<RedisResult<void>> wait_ready(std::shared_ptr<Backend> self,
                                                   std::chrono::milliseconds at_most);

  protected:
    using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;

    void set_state(RedisState state);
    // Why a batch cannot be taken in this state.
    boost::system::error_code refusal_by_state() const;

    Executor executor_;
    RedisOptions options_;
    RedisState state_ = RedisState::disconnected;
    bool over_ = false;  // no further connection will be made
    boost::system::error_code last_failure_ = RedisError::disconnected;
    std::string last_refusal_;

  private:
    void note_write_refusals(const std::vector<RedisReply>& replies);

    WriteRefusal write_refusal_ = WriteRefusal::none;
    TimePoint write_refused_{};
    std::vector<std::weak_ptr<Timer>> waiters_;  // of wait_ready()
    std::atomic<bool> ready_{false};
};

}  // namespace redirector::store
