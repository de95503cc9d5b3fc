// Worker pool: work that takes too long for an I/O thread, on threads of its own, while the
// coroutine that asked for it waits.
// Shape:   a bounded queue before the threads.
// Errors:  run() and submit() answer false when the queue is full; the work is not done then.
// Threads: both from any I/O thread; stop() before the loops of these are destroyed.
#pragma once

#include "redirector/async.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <functional>

namespace redirector {

class WorkerPool {
  public:
    // `niceness` (0 to 19): how far its threads stand back behind those of the listeners (nice(2)).
    WorkerPool(std::size_t threads, std::size_t max_waiting, int niceness = 0);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // Completes when `work` is done. The caller may be gone before it: `work` owns what it touches.
    Awaitable<bool> run(std::function<void()> work);

    // The same without a coroutine: `done` is called on `executor`, unless stop() comes first.
    // False: neither is called.
    bool submit(const Executor& executor, std::function<void()> work, std::function<void()> done);

    // Finishes what runs, drops what waits.
    void stop();

  private:
    boost::asio::thread_pool pool_;
    const std::size_t max_waiting_;
    const int niceness_;
    std::atomic<std::size_t> waiting_{0};
};

}  // namespace redirector
