// RedisClient over a Redis Cluster: one connection to each master, every command to the master
// that owns its key's slot.
// Shape:   a batch is cut into units (a command, or MULTI ... EXEC), each sent to its owner with
//          what else goes there. MOVED and ASK are followed, at most kMaxRedirects times; TRYAGAIN
//          is tried again. The slot table is read at the start, on MOVED, CLUSTERDOWN and lost
//          connections, and every half minute.
// Errors:  a unit whose master cannot be reached has the reply "CLUSTERDOWN ..."; only when that is
//          so for all of a batch does the batch fail. The client is `ready` while every master
//          is connected; what the others own is served all the same when one is not.
// Threads: as RedisClient.
// Source:  redis.io "Redis cluster specification".
#pragma once

#include "redirector/counter.hpp"
#include "redirector/store/redis_connection.hpp"
#include "redirector/store/topology_slots.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace redirector::store {

class RedisClient::Cluster final : public Backend, public std::enable_shared_from_this<Cluster> {
  public:
    Cluster(Executor executor, RedisOptions options);
    ~Cluster() override;

    void start() override;
    void stop() override;
    RedisCounters counters() const noexcept override;
    boost::system::error_code admit(const std::vector<Command>& batch) override;
    void enqueue(const std::vector<Command>& batch,
                 TimePoint expires,
                 ReplyHandler handler) override;

  private:
    using ConnectionPtr = std::shared_ptr<Connection>;

    struct Node {
        RedisAddress::Endpoint endpoint;
        ConnectionPtr connection;
        bool greeted = false;  // was ready before
    };

    // Commands that stay together: one, or MULTI ... EXEC.
    struct Unit {
        std::size_t first = 0;
        std::size_t count = 0;
        std::optional<unsigned> slot;  // nothing: any node
        int redirects = 0;
        int tries = 0;
    };

    // Assigning an any_completion_handler of Boost 1.81 never returns: it is moved in.
    struct Job {
        Job(std::vector<Command> b, TimePoint e, ReplyHandler h)
            : batch(std::move(b)), expires(e), handler(std::move(h)), replies(batch.size()) {}

        std::vector<Command> batch;
        TimePoint expires;
        ReplyHandler handler;
        std::vector<RedisReply> replies;
        std::size_t units = 0;
        std::size_t open = 0;  // units without an answer
        std::size_t lost = 0;  // units
        boost::system::error_code failure;
    };
    using JobPtr = std::shared_ptr<Job>;

    static std::vector<Unit> cut(const std::vector<Command>& batch);
    Node* owner(const Unit& unit);
    void dispatch(const JobPtr& job, std::span<const Unit> units);
    void send(const JobPtr& job, std::vector<Unit> units, const Node& node, bool asking);
    void arrived(const JobPtr& job,
                 Unit unit,
                 std::span<RedisReply> replies,
                 const RedisAddress::Endpoint& from);
    static Awaitable<void> follow(std::shared_ptr<Cluster> self,
                                  JobPtr job,
                                  Unit unit,
                                  Redirect redirect);
    static Awaitable<void> try_again(std::shared_ptr<Cluster> self, JobPtr job, Unit unit);
    void lose(const JobPtr& job, const Unit& unit, boost::system::error_code why);
    void settle(const JobPtr& job);

    static Awaitable<void> run(std::shared_ptr<Cluster> self);
    Awaitable<boost::system::error_code> refresh();
    Awaitable<boost::system::error_code> ask(RedisAddress::Endpoint endpoint, bool& healthy);
    void want_table();
    void adopt(SlotTable table);
    Node& node(const RedisAddress::Endpoint& endpoint);
    void drop_strangers();
    void judge_state();

    SlotTable table_;
    SlotTable answered_;  // by ask()
    std::vector<std::unique_ptr<Node>> nodes_;
    std::size_t next_asked_ = 0;
    bool wanted_ = false;   // the table, sooner than planned
    bool resting_ = false;  // until the next refresh that is planned
    Timer refresh_timer_;
    std::minstd_rand random_;
    Counter commands_;
    Counter errors_;
    Counter reconnects_;
    std::atomic<std::uint64_t> in_flight_{0};
};

}  // namespace redirector::store
