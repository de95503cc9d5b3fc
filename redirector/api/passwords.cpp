#include "redirector/api/passwords.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <sodium.h>

namespace redirector::api {
namespace {

using Timer = net::basic_waitable_timer<std::chrono::steady_clock,
                                        net::wait_traits<std::chrono::steady_clock>,
                                        Executor>;

constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemory = std::size_t{19} << 20;

std::string hash_now(const std::string& password) {
    std::array<char, crypto_pwhash_STRBYTES> text{};
    const bool done = crypto_pwhash_str_alg(text.data(), password.data(), password.size(), kPasses,
                                            kMemory, crypto_pwhash_ALG_ARGON2ID13) == 0;
    return done ? std::string(text.data()) : std::string();
}

// A hash that no password has, with the same cost as any.
const std::string& nobody() {
    static const std::string hash = hash_now("nobody");
    return hash;
}

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

}  // namespace

PasswordPool::PasswordPool(std::size_t threads, std::size_t max_waiting)
    : pool_(threads), max_waiting_(max_waiting) {}

PasswordPool::~PasswordPool() {
    stop();
}

void PasswordPool::stop() {
    pool_.stop();
    pool_.join();
}

Awaitable<bool> PasswordPool::run(std::function<void()> work) {
    if (waiting_.fetch_add(1) >= max_waiting_) {
        waiting_.fetch_sub(1);
        co_return false;
    }
    const Executor executor = co_await net::this_coro::executor;
    const auto job = std::make_shared<Job>();
    Waiter waiter(executor, *job);
    net::post(pool_, [this, job, executor, work = std::move(work)] {
        work();
        waiting_.fetch_sub(1);
        net::post(executor, [job] {
            job->done = true;
            if (job->waiter != nullptr) job->waiter->cancel();
        });
    });
    while (!job->done)
        co_await waiter.timer.async_wait(use_tuple);
    co_return true;
}

Awaitable<std::string> PasswordPool::hash(std::string password) {
    const auto result = std::make_shared<std::string>();
    std::function<void()> work = [result, password = std::move(password)] {
        *result = hash_now(password);
    };
    co_await run(std::move(work));
    co_return *result;
}

Awaitable<Verdict> PasswordPool::verify(std::string stored, std::string password) {
    const auto right = std::make_shared<bool>(false);
    const bool known = !stored.empty();
    std::function<void()> work = [right, stored = std::move(stored),
                                  password = std::move(password)] {
        const std::string& hash = stored.empty() ? nobody() : stored;
        *right = crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
    };
    const bool ran = co_await run(std::move(work));
    if (!ran) co_return Verdict::busy;
    co_return *right&& known ? Verdict::right : Verdict::wrong;
}

}  // namespace redirector::api
