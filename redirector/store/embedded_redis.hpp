// Embedded Redis: a private redis-server as a child of this process.
// Shape:   Unix socket only, append-only file (fsync once a second), everything under
//          <data_dir>/redis (mode 0700): redis.sock, redis.log, server.lock, child.lock,
//          appendonlydir/. The append-only file is checked, and cut where a write was torn,
//          before every start.
// Errors:  StartError, one sentence for the operator. A child that dies later is started again
//          with back-off (100 ms doubling to 5 s).
// Threads: everything on the thread of the executor, and that thread must live as long as the
//          child: the kernel ends the child with the thread that started it (PR_SET_PDEATHSIG).
// Source:  redis-check-aof of Redis 7.0 (multi part AOF); README.md "Torn append-only file".
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redis_address.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace redirector::store {

struct EmbeddedRedisOptions {
    std::filesystem::path data_dir;
    std::string server_program = "redis-server";
    std::string check_program = "redis-check-aof";
    std::chrono::milliseconds start_deadline{
        10'000};  // to its first answer; loading data may take longer
    std::chrono::milliseconds stop_deadline{5'000};       // then SIGKILL
    std::function<void(std::string_view line)> on_event;  // restarts, repairs: for the log
};

struct StartError {
    enum class Kind : std::uint8_t {
        in_use,  // another process runs a Redis in this data directory: address() reaches it
        failed,
    };
    Kind kind = Kind::failed;
    std::string message;
};

class EmbeddedRedis {
  public:
    EmbeddedRedis(Executor executor, EmbeddedRedisOptions options);
    ~EmbeddedRedis();  // ends the child at once if stop() was not awaited
    EmbeddedRedis(const EmbeddedRedis&) = delete;
    EmbeddedRedis& operator=(const EmbeddedRedis&) = delete;

    // Completes when the child answers; from then on it is watched and restarted. Once.
    Awaitable<boost::system::result<void, StartError>> start();

    // SIGTERM (Redis writes out what it holds), bounded wait, SIGKILL. Idempotent.
    Awaitable<void> stop();

    RedisAddress address() const;
    static RedisAddress address(const std::filesystem::path& data_dir);

    pid_t pid() const noexcept;               // 0: not running now; any thread
    std::uint64_t restarts() const noexcept;  // any thread

  private:
    class Supervisor;
    std::shared_ptr<Supervisor> supervisor_;
};

}  // namespace redirector::store
