#include "redirector/store/tracked_server.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <random>
#include <utility>

namespace redirector::store {
namespace {

using Clock = std::chrono::steady_clock;
using TimePoint = TrackedServer::TimePoint;
using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;

constexpr std::string_view kChannel = "__redis__:invalidate";
constexpr std::chrono::milliseconds kBackoffMin{50};
constexpr std::chrono::milliseconds kBackoffMax{500};

}  // namespace

// Makes one pair after the other.
class TrackedServer::Loop : public std::enable_shared_from_this<Loop> {
  public:
    Loop(Executor executor, Options options, Listener& listener)
        : executor_(executor),
          options_(std::move(options)),
          listener_(listener),
          backoff_timer_(executor) {}

    void start();
    void stop();

  private:
    friend class Pair;
    friend class TrackedServer;

    static Awaitable<void> run(std::shared_ptr<Loop> self);
    void distrust() {
        if (!stopped_) listener_.distrust();
    }

    Executor executor_;
    Options options_;
    Listener& listener_;
    Timer backoff_timer_;
    Pair* pair_ = nullptr;  // the one at work, owned by run()
    bool stopped_ = false;
};

// One pair of connections, from its making to the first thing that goes wrong.
class TrackedServer::Pair {
  public:
    explicit Pair(Loop& loop)
        : loop_(loop),
          heartbeats_(loop.options_.prefix + "~"),
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
    Awaitable<bool> write_heartbeat();
    void on_message(const RedisReply& message);

    Loop& loop_;
    std::string heartbeats_;  // prefix of those of all nodes
    Timer timer_;
    std::int64_t subscriber_id_ = 0;
    bool begun_ = false;
    bool ended_ = false;
    bool unheard_ = false;                   // a heartbeat was written and has not come back
    TimePoint written_{};                    // when
    RedisClient subscriber_;                 // I
    std::unique_ptr<RedisClient> tracking_;  // D
};

RedisOptions TrackedServer::Pair::subscriber_options() {
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

RedisOptions TrackedServer::Pair::tracking_options() {
    RedisOptions options;
    options.address = subscriber_.server();
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
void TrackedServer::Pair::end() {
    if (std::exchange(ended_, true)) return;
    if (begun_) loop_.distrust();
    timer_.cancel();
    subscriber_.stop();
    if (tracking_) tracking_->stop();
}

Awaitable<bool> TrackedServer::Pair::work() {
    begun_ = co_await begin();
    if (!begun_) co_return false;
    loop_.listener_.tracking_began();
    // Changes made before tracking began were told to nobody.
    loop_.distrust();
    for (bool beating = true; beating && !ended_;)
        beating = co_await beat();
    co_return true;
}

Awaitable<bool> TrackedServer::Pair::begin() {
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
Awaitable<bool> TrackedServer::Pair::beat() {
    const TimePoint now = Clock::now();
    if (unheard_ && now - written_ > loop_.options_.silence) co_return false;
    if (!unheard_) {
        unheard_ = true;
        written_ = now;
        const bool sent = co_await write_heartbeat();
        if (ended_) co_return false;
        // Without its primary a replica has nothing to report: what is known grows old meanwhile.
        if (!sent) unheard_ = false;
        if (!sent && loop_.options_.primary == nullptr) co_return false;
    }
    timer_.expires_at(now + loop_.options_.heartbeat);
    co_await timer_.async_wait(use_tuple);
    co_return true;
}

Awaitable<bool> TrackedServer::Pair::write_heartbeat() {
    RedisClient& writer = loop_.options_.primary ? *loop_.options_.primary : *tracking_;
    const auto life = std::to_string(loop_.options_.heartbeat.count() * 10);
    std::vector<Command> batch;
    batch.push_back({"SET", loop_.options_.heartbeat_key, "1", "PX", life});
    const auto replies = co_await writer.execute(std::move(batch), loop_.options_.silence);
    if (!replies) co_return false;
    const RedisReply& reply = replies->front();
    if (!ended_) loop_.listener_.answered(reply.is_error() ? reply.text : "");
    co_return true;
}

// ["message", channel, [key ...]], or nil in place of the keys: everything was flushed.
void TrackedServer::Pair::on_message(const RedisReply& message) {
    if (ended_ || message.elements.size() != 3 || message.elements[1].text != kChannel) return;
    const RedisReply& keys = message.elements[2];
    if (keys.type != RedisReply::Type::array) return loop_.distrust();
    bool heard = false;
    for (const RedisReply& key : keys.elements) {
        if (key.text == loop_.options_.heartbeat_key) {
            heard = true;
        } else if (!key.text.starts_with(heartbeats_)) {
            loop_.listener_.changed(key.text);
        }
    }
    // Last, whatever its place: it vouches for all that this message tells.
    if (heard && std::exchange(unheard_, false)) loop_.listener_.heard(written_);
}

void TrackedServer::Loop::start() {
    // It ends by itself; an exception is a lack of memory, which ends the process.
    auto ended = [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    };
    net::co_spawn(executor_, run(shared_from_this()), ended);
}

// After this nothing here touches the listener: it may be gone.
void TrackedServer::Loop::stop() {
    if (stopped_) return;
    distrust();
    stopped_ = true;
    if (pair_ != nullptr) pair_->end();
    backoff_timer_.cancel();
}

Awaitable<void> TrackedServer::Loop::run(std::shared_ptr<Loop> self) {
    std::minstd_rand random(std::random_device{}());
    std::chrono::milliseconds backoff = kBackoffMin;
    while (!self->stopped_) {
        bool worked = false;
        {
            Pair pair(*self);
            self->pair_ = &pair;
            worked = co_await pair.work();
            self->pair_ = nullptr;
            pair.end();
        }
        backoff = worked ? kBackoffMin : std::min(backoff * 2, kBackoffMax);
        const std::int64_t half = backoff.count() / 2;
        const std::int64_t jitter = std::uniform_int_distribution<std::int64_t>(0, half)(random);
        if (self->stopped_) co_return;
        self->backoff_timer_.expires_after(std::chrono::milliseconds(half + jitter));
        co_await self->backoff_timer_.async_wait(use_tuple);
    }
}

TrackedServer::TrackedServer(Executor executor, Options options, Listener& listener)
    : loop_(std::make_shared<Loop>(executor, std::move(options), listener)) {}

TrackedServer::~TrackedServer() {
    loop_->stop();
}

void TrackedServer::start() {
    loop_->start();
}
void TrackedServer::stop() {
    loop_->stop();
}
const std::string& TrackedServer::heartbeat_key() const {
    return loop_->options_.heartbeat_key;
}

}  // namespace redirector::store
