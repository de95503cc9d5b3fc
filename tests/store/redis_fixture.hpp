// A real redis-server for tests: private Unix socket in a temporary folder, killed with its owner.
// Threads: each object on one thread. Only processes started here are ever signalled, by their pid.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redis_address.hpp"
#include "redirector/store/redis_client.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace redirector::testing {

// A folder under the system's temporary one, removed with its content.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// Starts redis-server with these arguments; it dies with the thread that started it. Throws.
pid_t start_redis(std::vector<std::string> arguments);

class RedisServer {
  public:
    // Extra arguments as on redis-server's command line: {"--requirepass", "secret"}. Started at
    // once and waited for; throws std::runtime_error if it does not answer within 10 s.
    explicit RedisServer(std::vector<std::string> extra_arguments = {});
    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    void start();   // after stop() or kill(): same folder, same data
    void stop();    // SIGTERM, waited for
    void kill();    // SIGKILL, waited for
    void pause();   // SIGSTOP
    void resume();  // SIGCONT

    std::string socket_path() const;
    store::RedisAddress address() const;
    pid_t pid() const { return pid_; }
    const std::filesystem::path& folder() const { return folder_.path(); }

    // One command on a connection of its own, blocking; throws if it cannot be run.
    store::RedisReply command(store::Command command) const;

  private:
    void wait_until_gone();

    TemporaryFolder folder_;
    std::vector<std::string> extra_arguments_;
    pid_t pid_ = 0;
};

// Runs `work` on a loop of its own until it is done, and answers its result.
template <class T>
T run_to_end(net::io_context& loop, Awaitable<T> work) {
    std::promise<T> promise;
    std::future<T> future = promise.get_future();
    auto done = [&](std::exception_ptr error, T value) {
        if (error) {
            promise.set_exception(error);
        } else {
            promise.set_value(std::move(value));
        }
    };
    net::co_spawn(loop, std::move(work), done);
    loop.restart();
    while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
        if (loop.run_one_for(std::chrono::seconds(30)) == 0) {
            throw std::runtime_error("the loop ran dry or 30 s passed without an event");
        }
    }
    return future.get();
}

// Runs the loop until `condition` holds; answers whether it did within `at_most`.
inline bool run_until(net::io_context& loop,
                      const std::function<bool()>& condition,
                      std::chrono::milliseconds at_most = std::chrono::seconds(10)) {
    const auto until = std::chrono::steady_clock::now() + at_most;
    loop.restart();
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= until) return false;
        loop.run_one_for(std::chrono::milliseconds(5));
        if (loop.stopped()) loop.restart();
    }
    return true;
}

}  // namespace redirector::testing
