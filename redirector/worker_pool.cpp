#include "redirector/worker_pool.hpp"

#include "redirector/niceness.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace redirector {
namespace {

using Timer = net::basic_waitable_timer<std::chrono::steady_clock,
                                        net::wait_traits<std::chrono::steady_clock>,
                                        Executor>;

// What the work and its waiter share. The timer is the waiter's: gone when it is gone.
struct Job {
    Timer* waiter = nullptr;
    bool done = false;
};

// Touched by the I/O thread only.
struct Waiter {
    Waiter(const Executor& executor, Job& job)
        : job_(job), timer(executor, Timer::time_point::max()) {
        job_.waiter = &timer;
    }
    ~Waiter() { job_.waiter = nullptr; }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    Job& job_;
    Timer timer;
};

// A thread belongs to one pool.
void stand_back_once(int niceness) {
    thread_local bool done = false;
    if (!std::exchange(done, true)) stand_back(niceness);
}

}  // namespace

WorkerPool::WorkerPool(std::size_t threads, std::size_t max_waiting, int niceness)
    : pool_(threads), max_waiting_(max_waiting), niceness_(niceness) {}

WorkerPool::~WorkerPool() {
    stop();
}

void WorkerPool::stop() {
    pool_.stop();
    pool_.join();
}

bool WorkerPool::submit(const Executor& executor,
                        std::function<void()> work,
                        std::function<void()> done) {
    if (waiting_.fetch_add(1) >= max_waiting_) {
        waiting_.fetch_sub(1);
        return false;
    }
    net::post(pool_, [this, executor, work = std::move(work), done = std::move(done)]() mutable {
        stand_back_once(niceness_);
        work();
        waiting_.fetch_sub(1);
        net::post(executor, std::move(done));
    });
    return true;
}

Awaitable<bool> WorkerPool::run(std::function<void()> work) {
    const Executor executor = co_await net::this_coro::executor;
    const auto job = std::make_shared<Job>();
    Waiter waiter(executor, *job);
    std::function<void()> done = [job] {
        job->done = true;
        if (job->waiter != nullptr) job->waiter->cancel();
    };
    if (!submit(executor, std::move(work), std::move(done))) co_return false;
    while (!job->done)
        co_await waiter.timer.async_wait(use_tuple);
    co_return true;
}

}  // namespace redirector
