// Sends the new actions of accounts to their webhooks: signed, in order, at least once.
// Shape:   every second a node looks at each webhook; whichever takes the webhook's lease first
//          sends its batches, one after the other. A batch is stored before it is sent and the
//          cursor moves when it was taken (2xx), so that a crash repeats a batch, with its ID, and
//          loses none. A batch that fails is tried again after back_off.hpp; after kMostTries, or
//          410 Gone, it becomes a dead letter and the next goes out. A node that lost its lease
//          writes nothing: what it sent is sent again.
// Units:   kMostAtOnce webhooks at a time on a node; kMostBatches of one before others come.
// Errors:  what fails is counted, logged without URL and secret, and tried again.
// Threads: one of its own.
// Source:  README.md of this folder.
#pragma once

#include "redirector/async.hpp"
#include "redirector/facts/user_agent.hpp"
#include "redirector/store/redis_client.hpp"
#include "redirector/store/redis_places.hpp"
#include "redirector/webhooks/pending.hpp"
#include "redirector/webhooks/post.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace redirector::webhooks {

struct Figures {
    std::atomic<std::uint64_t> batches{0};  // taken by their receivers
    std::atomic<std::uint64_t> actions{0};  // in them
    std::atomic<std::uint64_t> failures{0};
    std::atomic<std::uint64_t> dead_letters{0};
    std::atomic<std::uint64_t> oldest_ms{0};  // of the actions that wait for a try; 0: none
};

class Delivery {
  public:
    static constexpr std::chrono::milliseconds kEvery{1000};
    static constexpr std::chrono::seconds kLease{15};
    static_assert(kLease > kLookUpTime + kPostTime);
    static constexpr std::size_t kMostAtOnce = 16;
    static constexpr int kMostBatches = 50;
    static constexpr std::chrono::milliseconds kFinish{1000};  // what is under way, at the end

    Delivery(const store::RedisPlaces& redis,
             std::shared_ptr<const facts::AgentParser> agents,
             bool private_targets);
    ~Delivery();
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;

    const Figures& figures() const { return figures_; }  // any thread

  private:
    struct Webhook {
        std::string account, id, key;
        Target target;
        std::vector<std::string> types;
        std::uint64_t created_ms = 0;
        std::string lease;  // what this node wrote there
    };
    struct State {
        Cursor place;
        std::optional<Pending> pending;
        bool kept = false;    // `pending` is in the store
        bool popped = false;  // `pending` is the next of those to be sent again
        std::string body;
    };
    struct Settlement {
        std::string place, pending, letter;  // empty: leave, none, none
        bool pop = false;
    };
    enum class Next : std::uint8_t { more, rest };

    Awaitable<void> run();
    Awaitable<void> pass();
    Awaitable<void> pause(std::chrono::milliseconds time);
    void begin(std::string member);
    Awaitable<void> deliver(std::string member);
    Awaitable<std::optional<Webhook>> find(std::string member);
    Awaitable<bool> take_lease(Webhook& webhook);
    Awaitable<void> release(const Webhook& webhook);
    Awaitable<Next> step(const Webhook& webhook);
    Awaitable<std::optional<State>> read_state(const Webhook& webhook);
    Awaitable<bool> fill(const Webhook& webhook, State& state);
    Awaitable<Next> send(const Webhook& webhook, State& state);
    Awaitable<bool> settle(const Webhook& webhook, Settlement settlement);
    void note_waiting(const std::string& id, std::uint64_t since_ms);
    void end();

    net::io_context context_;
    store::RedisClient redis_;       // of webhooks and how far they are
    store::RedisClient scan_redis_;  // of actions
    facts::AgentFactsCache agents_;
    Poster poster_;
    net::basic_waitable_timer<std::chrono::steady_clock,
                              net::wait_traits<std::chrono::steady_clock>,
                              Executor>
        timer_;
    Figures figures_;
    std::set<std::string> active_;
    std::map<std::string, std::uint64_t> waiting_;  // webhook -> since
    bool looking_ = false;                          // for Redis, at first
    bool stopping_ = false;                         // on the thread, as all above
    std::thread thread_;
};

}  // namespace redirector::webhooks
