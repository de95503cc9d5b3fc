// Passwords: hashed with argon2id on threads of their own, since a hash takes tens of milliseconds
// of a core and 19 MiB of memory, on purpose.
// Shape:   a bounded queue before the threads.
// Errors:  values; `busy` when the queue is full.
// Threads: hash() and verify() from any I/O thread; stop() before the loops of these are destroyed.
// Source:  RFC 9106; OWASP Password Storage Cheat Sheet (m = 19 MiB, t = 2, p = 1); libsodium.
#pragma once

#include "redirector/async.hpp"
#include "redirector/worker_pool.hpp"

#include <cstddef>
#include <string>

namespace redirector::api {

enum class Verdict : std::uint8_t { right, wrong, busy };

class PasswordPool {
  public:
    explicit PasswordPool(std::size_t threads = 1, std::size_t max_waiting = 64)
        : workers_(threads, max_waiting) {}

    // The text to store: parameters, salt and hash. Empty: busy.
    Awaitable<std::string> hash(std::string password);

    // An empty `stored` takes as long as any, and is wrong: so nobody learns by the clock whether
    // there is such a user.
    Awaitable<Verdict> verify(std::string stored, std::string password);

    // Finishes what runs, drops what waits.
    void stop() { workers_.stop(); }

  private:
    WorkerPool workers_;
};

}  // namespace redirector::api
