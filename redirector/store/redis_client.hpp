// Commands to Redis, replies back, reconnected for as long as it runs.
// Shape:   one connection to one server: the one named, or the one that Sentinels name as the
//          primary at the moment, which has said itself that it is. With a cluster's address one
//          connection to each master, and each command goes where its key is.
//          All commands issued in one turn of the loop leave in one write. A batch stays
//          together on the wire, so MULTI ... EXEC in one batch is never interleaved with other
//          commands (in a cluster: if its keys share a slot).
// Units:   deadlines count from execute() to the last reply of the batch.
// Errors:  values (redis_reply.hpp). While there is no connection execute() fails at once. A
//          missed deadline drops the connection, since replies match commands by position only;
//          all that waited on it fail. After `disconnected` and `deadline` a command may or may
//          not have run.
// Threads: everything on the thread of the given executor, except counters() and connected().
// Source:  RESP2 (Redis protocol specification); hiredis 0.14 reads the replies, asio owns the
//          socket.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redis_address.hpp"
#include "redirector/store/redis_reply.hpp"

#include <boost/asio/any_completion_handler.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::store {

// Beyond these a reply is `RedisError::protocol` and the connection is dropped.
struct ReplyLimits {
    std::size_t bytes = 64 << 20;      // one reply, all in all
    std::size_t elements = 1'000'000;  // one reply, all nested elements together
    // Arrays nest at most 7 deep: a constant of hiredis.
};

enum class RedisState : std::uint8_t {
    disconnected,  // never connected, lost, or connecting again
    ready,         // authenticated, database selected, PING answered
    refused,       // the server said no (wrong password, ...): tried again at the longest back-off
    stopped,
};

struct RedisOptions {
    RedisAddress address;
    std::chrono::milliseconds deadline{1000};  // of a batch that names none
    std::chrono::milliseconds connect_deadline{
        1000};                                  // name look-up and connect; then the greeting
    std::chrono::milliseconds backoff_min{50};  // doubled per failure, half of it random
    std::chrono::milliseconds backoff_max{2000};
    bool reconnect = true;  // false: one connection, then `disconnected`; not for a cluster
    bool password_optional = false;              // a server that has no password is served without
    std::size_t max_queued_bytes = 16 << 20;     // not yet written
    std::size_t max_pending_commands = 100'000;  // without their reply
    ReplyLimits reply_limits;
    // Sent on every new connection after AUTH and SELECT, before it is `ready`. An error reply to
    // one of them is a refusal. The replies go to `on_greeting`.
    std::vector<Command> greeting;
    std::function<void(std::vector<RedisReply>)> on_greeting;
    // Set on a subscriber: each pushed "message" or "pmessage" array, whole.
    std::function<void(RedisReply)> on_message;
    // Called when the state has changed; may call anything of the client but its destructor.
    std::function<void(RedisState)> on_state;
    // Called in a cluster with a key that was found elsewhere than it was looked for, before what
    // was found is handed over.
    std::function<void(std::string_view key)> on_redirected;
};

struct RedisCounters {
    std::uint64_t commands = 0;    // sent
    std::uint64_t errors = 0;      // batches that failed; error replies do not count
    std::uint64_t reconnects = 0;  // connections made after the first one
    std::uint64_t in_flight = 0;   // commands without their reply, now
};

class RedisClient {
  public:
    // On failure the vector is empty.
    using ReplyHandler =
        net::any_completion_handler<void(boost::system::error_code, std::vector<RedisReply>)>;

    RedisClient(Executor executor, RedisOptions options);
    ~RedisClient();  // as stop()
    RedisClient(const RedisClient&) = delete;
    RedisClient& operator=(const RedisClient&) = delete;

    // Begins to connect. Once.
    void start();

    // Closes for good; all that waits fails with `stopped`. Idempotent.
    void stop();

    // Waits for `ready` at most this long. Fails at once with `auth` or `refused` when the server
    // said no; else with the last failure.
    Awaitable<RedisResult<void>> wait_ready(std::chrono::milliseconds at_most);

    // One reply per command, in order. An empty batch yields an empty vector.
    Awaitable<RedisResult<std::vector<RedisReply>>> execute(std::vector<Command> batch);
    Awaitable<RedisResult<std::vector<RedisReply>>> execute(std::vector<Command> batch,
                                                            std::chrono::milliseconds deadline);
    Awaitable<RedisResult<RedisReply>> execute(Command command);

    // The same for at least one command, without a coroutine: an error returned means that nothing
    // was queued and `handler` will not be called; otherwise it is called once, never from within
    // submit().
    [[nodiscard]] boost::system::error_code submit(const std::vector<Command>& batch,
                                                   std::chrono::milliseconds deadline,
                                                   ReplyHandler handler);

    bool connected() const noexcept;          // any thread
    RedisCounters counters() const noexcept;  // any thread
    std::string last_refusal() const;         // the server's own words; never a password

    // Why a server did not write what execute() sent within the last second.
    WriteRefusal write_refusal() const noexcept;

    // The one server that is spoken to, as an address of kind `tcp` or `unix_socket`: with Sentinel
    // the primary while `ready`. Of a cluster, the cluster's address.
    RedisAddress server() const;

  private:
    class Backend;
    class Connection;
    class Cluster;
    static std::shared_ptr<Backend> make_backend(Executor executor, RedisOptions options);

    std::shared_ptr<Backend> backend_;
};

}  // namespace redirector::store
