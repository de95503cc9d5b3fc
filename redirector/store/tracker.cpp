#include "redirector/store/tracker.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <atomic>
#include <random>
#include <string_view>
#include <utility>

namespace redirector::store {
namespace {

using Clock = NearCache::Clock;
using TimePoint = NearCache::TimePoint;
using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;

constexpr std::string_view kChannel = "__redis__:invalidate";
constexpr std::chrono::milliseconds kBackoffMin{50};
constexpr std::chrono::milliseconds kBackoffMax{2000};
constexpr std::chrono::seconds kAdvanceEvery{1};

}  // namespace

// Makes one pair after the other, for as long as the tracker runs.
class Tracker::Loop : public std::enable_shared_from_this<Loop> {
  public:
    Loop(Executor executor, NearCache& cache, TrackerOptions options)
        : executor_(executor),
          cache_(cache),
          options_(std::move(options)),
          backoff_timer_(executor),
          advance_timer_(executor) {}

    void start();
    void stop();

    bool coherent() const noexcept { return coherent_.load(std::memory_order_relaxed); }
    std::uint64_t pairs() const noexcept { return pairs_.load(std::memory_order_relaxed); }

  private:
    friend class Session;

    static Awaitable<void> run(std::shared_ptr<Loop> self);
    static Awaitable<void> advance(std::shared_ptr<Loop> self);

    void distrust();
    void heard(TimePoint written);
    void set_coherent(bool coherent);

    Executor executor_;
    NearCache& cache_;
    TrackerOptions options_;
    Timer backoff_timer_;
    Timer advance_timer_;
    Session* session_ = nullptr;  // the pair at work, owned by run()
    bool stopped_ = false;
    std::atomic<bool> coherent_{false};
    std::atomic<std::uint64_t> pairs_{0};
};

// One pair of connections, from its making to the first thing that goes wrong.
class Tracker::Session {
  public:
    explicit Session(Loop& loop)
        : loop_(loop),
          heartbeat_key_(loop.options_.prefix + "~" + loop.options_.node),
          ignored_(loop.options_.prefix + "~"),
          timer_(loop.executor_),
          subscriber_(loop.executor_, subscriber_options()) {}

    // Completes when the pair is of no use any more; answers whether it ever was.
    Awaitable<bool> work();

    void end();

  private:
    RedisOptions subscriber_options();
    RedisOptions tracking_options();
    Awaitable<bool> begin();
    Awaitable<bool> beat();
    void on_message(const RedisReply& message);

    Loop& loop_;
    std::string heartbeat_key_;
    std::string ignored_;  // heartbeats of other nodes
    Timer timer_;
    std::int64_t subscriber_id_ = 0;
    bool begun_ = false;
    bool ended_ = false;
    bool unheard_ = false;                   // a heartbeat was written and has not come back
    TimePoint written_{};                    // when
    RedisClient subscriber_;                 // I
    std::unique_ptr<RedisClient> tracking_;  // D
};

RedisOptions Tracker::Session::subscriber_options() {
    RedisOptions options;
    options.address = loop_.options_.address;
    options.reconnect = false;
    // The order matters: after SUBSCRIBE no other command is allowed (RESP2).
    options.greeting = {{"CLIENT", "ID"}, {"SUBSCRIBE", std::string(kChannel)}};
    options.on_greeting = [this](auto replies) { subscriber_id_ = replies.front().integer; };
    options.on_message = [this](auto message) { on_message(message); };
    options.on_state = [this](RedisState state) {
        if (state != RedisState::ready) end();
    };
    return options;
}

RedisOptions Tracker::Session::tracking_options() {
    RedisOptions options;
    options.address = loop_.options_.address;
    options.reconnect = false;
    options.deadline = loop_.options_.silence;
    options.greeting = {{"CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(subscriber_id_),
                         "BCAST", "PREFIX", loop_.options_.prefix}};
    options.on_state = [this](RedisState state) {
        if (state != RedisState::ready) end();
    };
    return options;
}

// Redis does not tell D that I is gone: D goes on answering, and nothing is delivered any more. So
// whatever ends one of the two ends the pair, and trust ends in the same moment.
void Tracker::Session::end() {
    if (std::exchange(ended_, true)) return;
    if (begun_) loop_.distrust();
    timer_.cancel();
    subscriber_.stop();
    if (tracking_) tracking_->stop();
}

Awaitable<bool> Tracker::Session::work() {
    begun_ = co_await begin();
    if (!begun_) co_return false;
    loop_.pairs_.fetch_add(1, std::memory_order_relaxed);
    // Changes made before tracking began were told to nobody.
    loop_.distrust();
    for (bool beating = true; beating && !ended_;)
        beating = co_await beat();
    co_return true;
}

Awaitable<bool> Tracker::Session::begin() {
    const auto at_most = loop_.options_.silence;
    subscriber_.start();
    const auto subscribed = co_await subscriber_.wait_ready(at_most);
    if (!subscribed || ended_) co_return false;
    tracking_ = std::make_unique<RedisClient>(loop_.executor_, tracking_options());
    tracking_->start();
    const auto tracked = co_await tracking_->wait_ready(at_most);
    co_return tracked.has_value() && !ended_;
}

// Writes the heartbeat, waits one period. The next one is written only when this one has come back
// through I: then each one heard is known by the time it was written.
Awaitable<bool> Tracker::Session::beat() {
    const TimePoint now = Clock::now();
    if (unheard_ && now - written_ > loop_.options_.silence) co_return false;
    if (!unheard_) {
        unheard_ = true;
        written_ = now;
        const auto life = std::to_string(loop_.options_.heartbeat.count() * 10);
        Command command = {"SET", heartbeat_key_, "1", "PX", life};
        const auto reply = co_await tracking_->execute(std::move(command));
        if (!reply || ended_) co_return false;
    }
    timer_.expires_at(now + loop_.options_.heartbeat);
    co_await timer_.async_wait(use_tuple);
    co_return true;
}

// ["message", channel, [key ...]], or nil in place of the keys: everything was flushed.
void Tracker::Session::on_message(const RedisReply& message) {
    if (ended_ || message.elements.size() != 3 || message.elements[1].text != kChannel) return;
    const RedisReply& keys = message.elements[2];
    if (keys.type != RedisReply::Type::array) return loop_.distrust();
    bool heard = false;
    for (const RedisReply& key : keys.elements) {
        if (key.text == heartbeat_key_) {
            heard = true;
        } else if (!key.text.starts_with(ignored_)) {
            loop_.cache_.invalidate(key.text);
        }
    }
    // Last, whatever its place: it vouches for all that this message tells.
    if (heard && std::exchange(unheard_, false)) loop_.heard(written_);
}

void Tracker::Loop::start() {
    // Both end by themselves; an exception is a lack of memory, which ends the process.
    auto ended = [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    };
    net::co_spawn(executor_, run(shared_from_this()), ended);
    net::co_spawn(executor_, advance(shared_from_this()), ended);
}

// After this nothing here touches the cache: it may be gone.
void Tracker::Loop::stop() {
    if (stopped_) return;
    distrust();
    stopped_ = true;
    if (session_ != nullptr) session_->end();
    backoff_timer_.cancel();
    advance_timer_.cancel();
}

Awaitable<void> Tracker::Loop::run(std::shared_ptr<Loop> self) {
    std::minstd_rand random(std::random_device{}());
    std::chrono::milliseconds backoff = kBackoffMin;
    while (!self->stopped_) {
        bool worked = false;
        {
            Session session(*self);
            self->session_ = &session;
            worked = co_await session.work();
            self->session_ = nullptr;
            session.end();
        }
        backoff = worked ? kBackoffMin : std::min(backoff * 2, kBackoffMax);
        const std::int64_t half = backoff.count() / 2;
        const std::int64_t jitter = std::uniform_int_distribution<std::int64_t>(0, half)(random);
        if (self->stopped_) co_return;
        self->backoff_timer_.expires_after(std::chrono::milliseconds(half + jitter));
        co_await self->backoff_timer_.async_wait(use_tuple);
    }
}

Awaitable<void> Tracker::Loop::advance(std::shared_ptr<Loop> self) {
    while (!self->stopped_) {
        self->cache_.advance(Clock::now());
        self->advance_timer_.expires_after(kAdvanceEvery);
        co_await self->advance_timer_.async_wait(use_tuple);
    }
}

void Tracker::Loop::distrust() {
    if (stopped_) return;
    cache_.distrust(Clock::now());
    set_coherent(false);
}

void Tracker::Loop::heard(TimePoint written) {
    cache_.heard(written);
    set_coherent(true);
}

void Tracker::Loop::set_coherent(bool coherent) {
    const bool changed = coherent_.exchange(coherent, std::memory_order_relaxed) != coherent;
    if (changed && options_.on_change) options_.on_change(coherent);
}

Tracker::Tracker(Executor executor, NearCache& cache, TrackerOptions options)
    : loop_(std::make_shared<Loop>(executor, cache, std::move(options))) {}

Tracker::~Tracker() {
    loop_->stop();
}

void Tracker::start() {
    loop_->start();
}
void Tracker::stop() {
    loop_->stop();
}
bool Tracker::coherent() const noexcept {
    return loop_->coherent();
}
std::uint64_t Tracker::pairs() const noexcept {
    return loop_->pairs();
}

}  // namespace redirector::store
