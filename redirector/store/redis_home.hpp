// The folder of the embedded Redis: who may use it, what is in it, and what was left behind
// there.
// Shape:   <data_dir>/redis, mode 0700. Two locks (flock): server.lock is held by the process
//          that runs the Redis and by nobody else; child.lock is shared with the redis-server
//          itself, so it tells of one whose starter is gone.
// Errors:  one sentence for the operator.
// Threads: one at a time.
#pragma once

#include "redirector/store/child_process.hpp"
#include "redirector/store/embedded_redis.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

namespace redirector::store {

class RedisHome {
  public:
    explicit RedisHome(const std::filesystem::path& data_dir);

    // Makes the folder, takes server.lock and opens the log. `in_use` if another process has the
    // lock.
    boost::system::result<void, StartError> enter();

    // Lets go of both locks.
    void leave();

    const std::filesystem::path& folder() const noexcept { return folder_; }
    std::filesystem::path socket() const { return folder_ / "redis.sock"; }
    // Of the append-only file; does not exist before the first start.
    std::filesystem::path manifest() const;

    // Whether no redis-server of an earlier owner is alive. Takes child.lock for the next one.
    bool take_child_lock();
    int child_lock() const noexcept { return child_lock_.get(); }

    // The process that listens on socket(), whether it answers or not.
    std::optional<pid_t> listener() const;

    int log() const noexcept { return log_.get(); }
    std::uint64_t log_size() const;
    // What was logged behind `offset`, at most the last 16 KiB of it.
    std::string logged_since(std::uint64_t offset) const;

  private:
    std::filesystem::path folder_;
    Descriptor server_lock_;
    Descriptor child_lock_;
    Descriptor log_;
};

}  // namespace redirector::store
