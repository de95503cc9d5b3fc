#include "redirector/store/embedded_redis.hpp"

#include "redirector/store/child_process.hpp"
#include "redirector/store/redis_client.hpp"
#include "redirector/store/redis_home.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <signal.h>
#include <utility>
#include <vector>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;
using StartResult = boost::system::result<void, StartError>;

constexpr auto kBackoffMin = 100ms;
constexpr auto kBackoffMax = 5000ms;
constexpr auto kLivedLongEnough = 60s;  // for the back-off to begin anew
constexpr auto kPollEvery = 10ms;
// A redis-server that has only just been started may not listen yet.
constexpr auto kSilentOrphan = 2s;

StartError failure(std::string message) {
    return {StartError::Kind::failed, std::move(message)};
}

// The last thing that Redis said, without its process number and time: "... # <words>".
std::string last_words(std::string_view log) {
    while (!log.empty() && (log.back() == '\n' || log.back() == ' '))
        log.remove_suffix(1);
    std::string_view line = log.substr(log.rfind('\n') + 1);
    for (const std::string_view mark : {" # ", " * "}) {
        const std::size_t at = line.find(mark);
        if (at != std::string_view::npos) line.remove_prefix(at + mark.size());
    }
    return line.empty() ? "" : ": " + std::string(line);
}

}  // namespace

class EmbeddedRedis::Supervisor : public std::enable_shared_from_this<Supervisor> {
  public:
    Supervisor(Executor executor, EmbeddedRedisOptions options)
        : executor_(executor),
          options_(std::move(options)),
          home_(options_.data_dir),
          timer_(executor) {}

    static Awaitable<StartResult> start(std::shared_ptr<Supervisor> self);
    static Awaitable<void> stop(std::shared_ptr<Supervisor> self);
    void abandon();

    const std::filesystem::path& data_dir() const { return options_.data_dir; }
    pid_t pid() const noexcept { return pid_.load(std::memory_order_relaxed); }
    std::uint64_t restarts() const noexcept { return restarts_.load(std::memory_order_relaxed); }

  private:
    static Awaitable<void> watch(std::shared_ptr<Supervisor> self);
    Awaitable<StartResult> launch();
    Awaitable<void> end_orphan();
    Awaitable<StartResult> repair();
    Awaitable<StartResult> first_answer();
    Awaitable<void> pause(std::chrono::milliseconds time);
    std::vector<std::string> arguments() const;
    void tell(const std::string& line) const {
        if (options_.on_event) options_.on_event(line);
    }

    Executor executor_;
    EmbeddedRedisOptions options_;
    RedisHome home_;
    Timer timer_;  // of watch()
    std::optional<ChildProcess> child_;
    std::uint64_t log_offset_ = 0;  // where the current child's output begins
    bool stopping_ = false;
    bool watching_ = false;
    std::atomic<pid_t> pid_{0};
    std::atomic<std::uint64_t> restarts_{0};
};

Awaitable<StartResult> EmbeddedRedis::Supervisor::start(std::shared_ptr<Supervisor> self) {
    const StartResult entered = self->home_.enter();
    if (!entered) co_return entered;
    co_await self->end_orphan();
    StartResult launched = co_await self->launch();
    if (launched) launched = co_await self->first_answer();
    if (!launched) {
        self->abandon();
        self->home_.leave();
        co_return launched;
    }
    // It ends by itself; an exception in it is a lack of memory, which ends the process.
    auto ended = [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    };
    self->watching_ = true;
    net::co_spawn(self->executor_, watch(self), ended);
    co_return launched;
}

// A redis-server whose starter was killed: asked to stop, then made to. It is known by the socket
// that it listens on, so no other process can be meant.
Awaitable<void> EmbeddedRedis::Supervisor::end_orphan() {
    const auto begin = Clock::now();
    auto last_seen = begin;
    bool asked = false;
    while (!home_.take_child_lock()) {
        const auto now = Clock::now();
        if (const std::optional<pid_t> orphan = home_.listener()) {
            last_seen = now;
            const Descriptor process = open_process(*orphan);
            const bool insist = now - begin > options_.stop_deadline;
            if (process && (!asked || insist)) {
                tell("a redis-server was left behind by an earlier run (process " +
                     std::to_string(*orphan) + "): it is " + (insist ? "killed" : "stopped"));
                signal_process(process, insist ? SIGKILL : SIGTERM);
                asked = true;
            }
        } else if (now - last_seen > kSilentOrphan) {
            co_return;  // what holds the lock is a rewriting child of the one that is gone
        }
        co_await pause(kPollEvery);
    }
}

Awaitable<StartResult> EmbeddedRedis::Supervisor::launch() {
    const StartResult repaired = co_await repair();
    if (!repaired) co_return repaired;
    if (stopping_) co_return failure("redis-server was not started: it is to stop");
    ChildOptions child;
    child.arguments = arguments();
    child.output = home_.log();
    child.shared = home_.child_lock();
    child.dies_with_thread = true;
    log_offset_ = home_.log_size();
    auto started = ChildProcess::start(executor_, child);
    if (!started) co_return failure(started.error() + " (Debian package redis-server)");
    child_.emplace(*std::move(started));
    pid_.store(child_->pid(), std::memory_order_relaxed);
    co_return StartResult();
}

// Redis 7.0 itself repairs a torn tail only half: it keeps an open MULTI, behind which later writes
// are lost at the next start. redis-check-aof cuts before the MULTI.
Awaitable<StartResult> EmbeddedRedis::Supervisor::repair() {
    if (!std::filesystem::exists(home_.manifest())) co_return StartResult();
    const std::uint64_t offset = home_.log_size();
    ChildOptions check;
    check.arguments = {options_.check_program, "--fix", home_.manifest().string()};
    check.output = home_.log();
    check.input = "y\n";
    check.dies_with_thread = true;
    auto started = ChildProcess::start(executor_, check);
    if (!started) co_return failure(started.error() + " (Debian package redis-tools)");
    ChildProcess checking = *std::move(started);
    const int status = co_await checking.wait();
    const std::string said = home_.logged_since(offset);
    if (status != 0) {
        co_return failure("the append-only file in " + home_.folder().string() +
                          " is damaged and could not be repaired; redis-check-aof " +
                          describe_end(status) + last_words(said));
    }
    const std::size_t shrinks = said.find("This will shrink");
    if (shrinks != std::string::npos) {
        tell("append-only file repaired: " +
             said.substr(shrinks, said.find('\n', shrinks) - shrinks));
    }
    co_return StartResult();
}

std::vector<std::string> EmbeddedRedis::Supervisor::arguments() const {
    return {options_.server_program,
            "--port",
            "0",
            "--unixsocket",
            home_.socket().string(),
            "--unixsocketperm",
            "700",
            "--dir",
            home_.folder().string(),
            "--daemonize",
            "no",
            "--logfile",
            "",
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "everysec",
            "--maxmemory-policy",
            "noeviction"};
}

// Loading a large data set takes its time; only silence counts against the deadline.
Awaitable<StartResult> EmbeddedRedis::Supervisor::first_answer() {
    RedisOptions options;
    options.address = EmbeddedRedis::address(options_.data_dir);
    options.backoff_min = kPollEvery;
    options.backoff_max = 10 * kPollEvery;
    RedisClient client(executor_, options);
    client.start();
    auto give_up = Clock::now() + options_.start_deadline;
    for (;;) {
        const auto ready = co_await client.wait_ready(kPollEvery);
        if (ready) co_return StartResult();
        if (stopping_) co_return failure("redis-server was stopped during its start");
        if (const auto status = child_->ended()) {
            co_return failure("redis-server " + describe_end(*status) + " during its start" +
                              last_words(home_.logged_since(log_offset_)));
        }
        if (ready.error() == RedisError::loading) give_up = Clock::now() + options_.start_deadline;
        if (Clock::now() > give_up) {
            co_return failure("redis-server does not answer: " + ready.error().message());
        }
        co_await pause(kPollEvery);
    }
}

Awaitable<void> EmbeddedRedis::Supervisor::watch(std::shared_ptr<Supervisor> self) {
    std::chrono::milliseconds backoff = kBackoffMin;
    auto started_at = Clock::now();
    while (!self->stopping_) {
        if (self->child_) {
            const int status = co_await self->child_->wait();
            self->pid_.store(0, std::memory_order_relaxed);
            self->child_.reset();
            if (self->stopping_) break;
            self->tell("redis-server " + describe_end(status) +
                       last_words(self->home_.logged_since(self->log_offset_)) +
                       "; it is started again");
            if (Clock::now() - started_at > kLivedLongEnough) backoff = kBackoffMin;
        }
        co_await self->pause(backoff);
        backoff = std::min<std::chrono::milliseconds>(backoff * 2, kBackoffMax);
        if (self->stopping_) break;
        self->restarts_.fetch_add(1, std::memory_order_relaxed);
        started_at = Clock::now();
        const StartResult launched = co_await self->launch();
        if (!launched && !self->stopping_) self->tell(launched.error().message);
    }
    if (self->child_) co_await self->child_->wait();
    self->child_.reset();
    self->pid_.store(0, std::memory_order_relaxed);
    self->home_.leave();
    self->watching_ = false;
}

Awaitable<void> EmbeddedRedis::Supervisor::stop(std::shared_ptr<Supervisor> self) {
    self->stopping_ = true;
    self->timer_.cancel();
    if (self->child_) self->child_->signal(SIGTERM);
    const auto give_up = Clock::now() + self->options_.stop_deadline;
    bool killed = false;
    Timer tick(self->executor_);
    // A check of the append-only file that is under way may take longer than anybody waits.
    while (self->watching_ && Clock::now() < give_up + self->options_.stop_deadline) {
        if (!killed && Clock::now() > give_up && self->child_) {
            self->tell("redis-server did not stop in time and is killed");
            self->child_->signal(SIGKILL);
            killed = true;
        }
        tick.expires_after(kPollEvery);
        co_await tick.async_wait(use_tuple);
    }
}

void EmbeddedRedis::Supervisor::abandon() {
    stopping_ = true;
    options_.on_event = nullptr;  // what it speaks to may be gone
    timer_.cancel();
    if (!child_) return;
    if (watching_) {
        child_->signal(SIGKILL);  // watch() waits for it
    } else {
        child_.reset();
    }
    pid_.store(0, std::memory_order_relaxed);
}

Awaitable<void> EmbeddedRedis::Supervisor::pause(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    co_await timer_.async_wait(use_tuple);
}

EmbeddedRedis::EmbeddedRedis(Executor executor, EmbeddedRedisOptions options)
    : supervisor_(std::make_shared<Supervisor>(executor, std::move(options))) {}

EmbeddedRedis::~EmbeddedRedis() {
    supervisor_->abandon();
}

Awaitable<StartResult> EmbeddedRedis::start() {
    return Supervisor::start(supervisor_);
}
Awaitable<void> EmbeddedRedis::stop() {
    return Supervisor::stop(supervisor_);
}

RedisAddress EmbeddedRedis::address(const std::filesystem::path& data_dir) {
    RedisAddress address;
    address.kind = RedisAddress::Kind::unix_socket;
    address.path = RedisHome(data_dir).socket().string();
    return address;
}

RedisAddress EmbeddedRedis::address() const {
    return address(supervisor_->data_dir());
}
pid_t EmbeddedRedis::pid() const noexcept {
    return supervisor_->pid();
}
std::uint64_t EmbeddedRedis::restarts() const noexcept {
    return supervisor_->restarts();
}

}  // namespace redirector::store
