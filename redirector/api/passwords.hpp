// Passwords: hashed with argon2id on threads of their own, since a hash takes tens of milliseconds
// of a core and 19 MiB of memory, on purpose.
// Shape:   a bounded queue before the threads.
// Errors:  values; `busy` when the queue is full.
// Threads: hash() and verify() from any I/O thread; stop() before the loops of these are destroyed.
// Source:  RFC 9106; OWASP Password Storage Cheat Sheet (m = 19 MiB, t = 2, p = 1); libsodium.
#pragma once

#include "redirector/async.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

namespace redirector::api {

enum class Verdict : std::uint8_t { right, wrong, busy };

class PasswordPool {
  public:
    explicit PasswordPool(std::size_t threads = 1, std::size_t max_waiting = 64);
    ~PasswordPool();
    PasswordPool(const PasswordPool&) = delete;
    PasswordPool& operator=(const PasswordPool&) = delete;

    // The text to store: parameters, salt and hash. Empty: busy.
    Awaitable<std::string> hash(std::string password);

    // An empty `stored` takes as long as any, and is wrong: so nobody learns by the clock whether
    // there is such a user.
    Awaitable<Verdict> verify(std::string stored, std::string password);

    // Finishes what runs, drops what waits.
    void stop();

  private:
    // Runs `work` on the pool while the caller's coroutine waits; false: busy.
    Awaitable<bool> run(std::function<void()> work);

    boost::asio::thread_pool pool_;
    const std::size_t max_waiting_;
    std::atomic<std::size_t> waiting_{0};
};

}  // namespace redirector::api
