#include "redirector/store/tracker.hpp"

#include "redirector/store/topology_slots.hpp"
#include "redirector/store/tracked_server.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>
#include <vector>

namespace redirector::store {
namespace {

using Clock = NearCache::Clock;
using TimePoint = NearCache::TimePoint;
using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;

constexpr std::chrono::seconds kAdvanceEvery{1};
constexpr unsigned kTags = 1'000'000;  // of heartbeat keys, tried for one in a master's slots

// An exception in a coroutine is a lack of memory, which ends the process.
void rethrow(std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
}

}  // namespace

// What the servers tell, for the cache: it is as young as the news of the server heard last.
class Tracker::Loop : public std::enable_shared_from_this<Loop> {
  public:
    Loop(Executor executor, NearCache& cache, TrackerOptions options);

    void start();
    void stop();

    bool coherent() const noexcept { return coherent_.load(std::memory_order_relaxed); }
    std::uint64_t pairs() const noexcept { return pairs_.load(std::memory_order_relaxed); }
    unsigned refusing() const noexcept { return refusing_.load(std::memory_order_relaxed); }

  private:
    class Source;

    static Awaitable<void> advance(std::shared_ptr<Loop> self);
    static Awaitable<void> follow_masters(std::shared_ptr<Loop> self);

    TrackedServer::Options options_of(RedisAddress address, std::string heartbeat_key) const;
    void adopt(const RedisReply& answers);
    void adopt(const SlotTable& table);
    void add(RedisAddress address, std::string heartbeat_key);
    void distrust();
    void judge();
    void set_coherent(bool coherent);
    void count_refusing();

    Executor executor_;
    NearCache& cache_;
    TrackerOptions options_;
    Timer advance_timer_;
    Timer masters_timer_;
    std::unique_ptr<RedisClient> client_;  // a replica's primary, or the cluster
    std::vector<std::unique_ptr<Source>> sources_;
    bool stopped_ = false;
    std::atomic<bool> coherent_{false};
    std::atomic<std::uint64_t> pairs_{0};
    std::atomic<unsigned> refusing_{0};
};

class Tracker::Loop::Source final : public TrackedServer::Listener {
  public:
    Source(Loop& loop, RedisAddress address, std::string heartbeat_key)
        : loop_(loop),
          address_(address),
          server_(loop.executor_,
                  loop.options_of(std::move(address), std::move(heartbeat_key)),
                  *this) {
        server_.start();
    }

    void tracking_began() override { loop_.pairs_.fetch_add(1, std::memory_order_relaxed); }
    void distrust() override {
        heard_.reset();
        loop_.distrust();
    }
    void changed(std::string_view key) override { loop_.cache_.invalidate(key); }
    void heard(TimePoint written) override {
        heard_ = written;
        loop_.judge();
    }
    void answered(std::string_view error) override {
        // Words beyond the first tell figures that change.
        const bool news =
            error.substr(0, error.find(' ')) != refusal_.substr(0, refusal_.find(' '));
        refusal_ = error;
        if (!news) return;
        loop_.count_refusing();
        if (loop_.options_.on_refusal) loop_.options_.on_refusal(error);
    }

    const RedisAddress& address() const { return address_; }
    const std::string& heartbeat_key() const { return server_.heartbeat_key(); }
    const std::optional<TimePoint>& heard() const { return heard_; }
    bool refuses() const { return !refusal_.empty(); }
    void stop() { server_.stop(); }

  private:
    Loop& loop_;
    RedisAddress address_;
    std::optional<TimePoint> heard_;  // the youngest heartbeat of the pair at work
    std::string refusal_;             // the server's words for not writing the last heartbeat
    TrackedServer server_;
};

Tracker::Loop::Loop(Executor executor, NearCache& cache, TrackerOptions options)
    : executor_(executor),
      cache_(cache),
      options_(std::move(options)),
      advance_timer_(executor),
      masters_timer_(executor) {}

void Tracker::Loop::start() {
    const bool cluster = options_.address.kind == RedisAddress::Kind::cluster;
    if (cluster || options_.primary) {
        RedisOptions options;
        options.address = cluster ? options_.address : *options_.primary;
        client_ = std::make_unique<RedisClient>(executor_, std::move(options));
        client_->start();
    }
    if (cluster) {
        net::co_spawn(executor_, follow_masters(shared_from_this()), rethrow);
    } else {
        add(options_.address, options_.prefix + "~" + options_.node);
    }
    net::co_spawn(executor_, advance(shared_from_this()), rethrow);
}

// After this nothing here touches the cache: it may be gone.
void Tracker::Loop::stop() {
    if (stopped_) return;
    distrust();
    for (const auto& source : sources_)
        source->stop();
    stopped_ = true;
    if (client_) client_->stop();
    advance_timer_.cancel();
    masters_timer_.cancel();
}

Awaitable<void> Tracker::Loop::advance(std::shared_ptr<Loop> self) {
    while (!self->stopped_) {
        self->cache_.advance(Clock::now());
        self->advance_timer_.expires_after(kAdvanceEvery);
        co_await self->advance_timer_.async_wait(use_tuple);
    }
}

// A cluster's masters are looked up once a heartbeat. One that is not tracked yet may own slots
// for that long; what was fetched from it meanwhile loses trust when its tracking begins.
Awaitable<void> Tracker::Loop::follow_masters(std::shared_ptr<Loop> self) {
    while (!self->stopped_) {
        // Together, so that one and the same node answers both.
        std::vector<Command> questions;
        questions.push_back({"MULTI"});
        questions.push_back({"CLUSTER", "SLOTS"});
        questions.push_back({"CLUSTER", "INFO"});
        questions.push_back({"EXEC"});
        const auto replies =
            co_await self->client_->execute(std::move(questions), self->options_.heartbeat);
        if (self->stopped_) co_return;
        if (replies) self->adopt(replies->back());
        self->masters_timer_.expires_after(replies ? self->options_.heartbeat
                                                   : self->options_.heartbeat / 10);
        co_await self->masters_timer_.async_wait(use_tuple);
    }
}

// What a node cut off from the others believes does not count.
void Tracker::Loop::adopt(const RedisReply& answers) {
    if (answers.elements.size() != 2) return;
    const bool well = answers.elements[1].text.find("cluster_state:ok") != std::string::npos;
    const auto table =
        SlotTable::parse(answers.elements[0], options_.address.endpoints.front().host);
    if (well && table && !table->empty()) adopt(*table);
}

void Tracker::Loop::adopt(const SlotTable& table) {
    const auto owner_of = [&](const std::string& key) -> const RedisAddress::Endpoint* {
        const std::uint16_t owner = table.owner(slot_of(key));
        return owner == SlotTable::kNobody ? nullptr : &table.masters()[owner];
    };
    // A heartbeat whose slot went elsewhere proves nothing any more.
    std::erase_if(sources_, [&](const auto& source) {
        const auto* const owner = owner_of(source->heartbeat_key());
        return owner == nullptr || *owner != source->address().endpoints.front();
    });
    count_refusing();
    for (const RedisAddress::Endpoint& master : table.masters()) {
        const bool known = std::ranges::any_of(sources_, [&](const auto& source) {
            return source->address().endpoints.front() == master;
        });
        if (known) continue;
        // Even for a single slot the last tag is out of reach.
        std::string key;
        for (unsigned tag = 0; key.empty() && tag < kTags; ++tag) {
            key = options_.prefix + "~{" + std::to_string(tag) + "}" + options_.node;
            const auto* const owner = owner_of(key);
            if (owner == nullptr || *owner != master) key.clear();
        }
        RedisAddress address = options_.address;
        address.kind = RedisAddress::Kind::tcp;
        address.endpoints = {master};
        add(std::move(address), std::move(key));
    }
}

void Tracker::Loop::add(RedisAddress address, std::string heartbeat_key) {
    sources_.push_back(
        std::make_unique<Source>(*this, std::move(address), std::move(heartbeat_key)));
}

TrackedServer::Options Tracker::Loop::options_of(RedisAddress address,
                                                 std::string heartbeat_key) const {
    TrackedServer::Options options;
    options.address = std::move(address);
    options.prefix = options_.prefix;
    options.heartbeat_key = std::move(heartbeat_key);
    options.primary = options_.primary ? client_.get() : nullptr;
    options.heartbeat = options_.heartbeat;
    options.silence = options_.silence;
    return options;
}

void Tracker::Loop::distrust() {
    if (stopped_) return;
    cache_.distrust(Clock::now());
    set_coherent(false);
}

void Tracker::Loop::judge() {
    if (stopped_) return;
    TimePoint oldest = TimePoint::max();
    for (const auto& source : sources_) {
        if (!source->heard()) return;
        oldest = std::min(oldest, *source->heard());
    }
    cache_.heard(oldest);
    set_coherent(true);
}

void Tracker::Loop::count_refusing() {
    const auto count =
        std::ranges::count_if(sources_, [](const auto& source) { return source->refuses(); });
    refusing_.store(static_cast<unsigned>(count), std::memory_order_relaxed);
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
unsigned Tracker::refusing() const noexcept {
    return loop_->refusing();
}

}  // namespace redirector::store
