#include "redirector/webhooks/look_up.hpp"

#include "redirector/facts/address.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace redirector::webhooks {
namespace {

using Tcp = net::ip::tcp;
using Timer = net::basic_waitable_timer<std::chrono::steady_clock,
                                        net::wait_traits<std::chrono::steady_clock>,
                                        Executor>;

// What the thread and its waiter share. The waiter's loop lives as long as `waiter` is set.
struct Job {
    std::string host, port;
    std::mutex mutex;
    Timer* waiter = nullptr;
    bool done = false;
    Endpoints found = boost::system::error_code();
};

class Waiter {
  public:
    Waiter(const Executor& executor, std::chrono::milliseconds within, Job& job)
        : timer(executor, within), job_(job) {
        job_.waiter = &timer;
    }
    ~Waiter() {
        const std::lock_guard lock(job_.mutex);
        job_.waiter = nullptr;
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    bool done() const {
        const std::lock_guard lock(job_.mutex);
        return job_.done;
    }

    Timer timer;

  private:
    Job& job_;
};

// On the waiter's loop: it may be gone by now.
void wake(Job& job) {
    Timer* waiter = nullptr;
    {
        const std::lock_guard lock(job.mutex);
        waiter = job.waiter;
    }
    if (waiter != nullptr) waiter->cancel();
}

Endpoints refused(boost::system::error_code error) {
    return error;
}

void finish(const std::shared_ptr<Job>& job, Endpoints found) {
    const std::lock_guard lock(job->mutex);
    job->found = std::move(found);
    job->done = true;
    if (job->waiter != nullptr) net::post(job->waiter->get_executor(), [job] { wake(*job); });
}

}  // namespace

Endpoints ask_system(const std::string& host, const std::string& port) {
    net::io_context unused;
    boost::system::error_code error;
    const auto results = Tcp::resolver(unused).resolve(host, port, error);
    if (error) return error;
    std::vector<Tcp::endpoint> endpoints;
    for (const auto& entry : results)
        endpoints.push_back(entry.endpoint());
    return endpoints;
}

LookUp::LookUp(Ask ask, std::chrono::milliseconds within)
    : ask_(std::move(ask)),
      within_(within),
      running_(std::make_shared<std::atomic<std::size_t>>(0)) {}

Awaitable<Endpoints> LookUp::find(std::string host, std::string port) {
    if (facts::parse_address(host)) co_return ask_system(host, port);  // waits for nothing
    const auto running = running_;
    if (running->fetch_add(1) >= kMostLookUps) {
        running->fetch_sub(1);
        co_return refused(net::error::no_buffer_space);
    }
    const Executor executor = co_await net::this_coro::executor;
    const auto job = std::make_shared<Job>();
    job->host = std::move(host);
    job->port = std::move(port);
    Waiter waiter(executor, within_, *job);
    try {
        std::thread([job, running, ask = ask_] {
            Endpoints found = ask(job->host, job->port);
            running->fetch_sub(1);
            finish(job, std::move(found));
        }).detach();
    } catch (const std::system_error&) {
        running->fetch_sub(1);
        co_return refused(net::error::no_buffer_space);
    }
    while (!waiter.done()) {
        const auto [error] = co_await waiter.timer.async_wait(use_tuple);
        if (!error && !waiter.done()) co_return refused(net::error::timed_out);
    }
    co_return job->found;
}

}  // namespace redirector::webhooks
