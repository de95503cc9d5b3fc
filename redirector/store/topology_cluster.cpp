#include "redirector/store/topology_cluster.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <iterator>

namespace redirector::store {

using boost::system::error_code;
using Endpoint = RedisAddress::Endpoint;

namespace {

constexpr int kMaxRedirects = 5;
constexpr int kMaxTries = 10;
constexpr std::chrono::milliseconds kTryAgainAfter{20};

// An exception in a coroutine is a lack of memory, which ends the process.
void rethrow(std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
}

RedisReply unreachable(error_code why) {
    RedisReply reply;
    reply.type = RedisReply::Type::error;
    reply.text = "CLUSTERDOWN the key's master cannot be reached: " + why.message();
    return reply;
}

const RedisReply* find_error(std::span<const RedisReply> replies, std::string_view start) {
    const auto found = std::ranges::find_if(replies, [start](const RedisReply& reply) {
        return reply.is_error() && reply.text.starts_with(start);
    });
    return found == replies.end() ? nullptr : &*found;
}

}  // namespace

RedisClient::Cluster::Cluster(Executor executor, RedisOptions options)
    : Backend(executor, std::move(options)),
      refresh_timer_(executor),
      random_(std::random_device{}()) {}

// Connections may outlive this by a turn of the loop.
RedisClient::Cluster::~Cluster() {
    for (const auto& node : nodes_)
        node->connection->forget_callbacks();
}

void RedisClient::Cluster::start() {
    net::co_spawn(executor_, run(shared_from_this()), rethrow);
}

void RedisClient::Cluster::stop() {
    if (state_ == RedisState::stopped) return;
    set_state(RedisState::stopped);
    refresh_timer_.cancel();
    for (const auto& node : nodes_)
        node->connection->stop();
}

RedisCounters RedisClient::Cluster::counters() const noexcept {
    return {commands_.get(), errors_.get(), reconnects_.get(),
            in_flight_.load(std::memory_order_relaxed)};
}

// A master that is away refuses its own slots only.
error_code RedisClient::Cluster::admit(const std::vector<Command>&) {
    error_code no = refusal_by_state();
    if (no == RedisError::disconnected && !table_.empty()) no = {};
    if (no) errors_.add();
    return no;
}

void RedisClient::Cluster::enqueue(const std::vector<Command>& batch,
                                   TimePoint expires,
                                   ReplyHandler handler) {
    const auto job = std::make_shared<Job>(batch, expires, std::move(handler));
    const std::vector<Unit> units = cut(batch);
    job->units = units.size();
    job->open = units.size() + 1;  // one for this call: the handler must not be called within it
    commands_.add(batch.size());
    in_flight_.fetch_add(batch.size(), std::memory_order_relaxed);
    dispatch(job, units);
    if (--job->open == 0) {
        job->open = 1;
        net::post(executor_, [self = shared_from_this(), job] { self->settle(job); });
    }
}

std::vector<RedisClient::Cluster::Unit> RedisClient::Cluster::cut(
    const std::vector<Command>& batch) {
    std::vector<Unit> units;
    bool in_transaction = false;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::string& name = batch[i].front();
        if (!in_transaction) units.push_back({i, 0, std::nullopt, 0, 0});
        Unit& unit = units.back();
        ++unit.count;
        const auto key = routing_key(batch[i]);
        if (!unit.slot && key) unit.slot = slot_of(*key);
        in_transaction = name == "MULTI" || (in_transaction && name != "EXEC" && name != "DISCARD");
    }
    return units;
}

RedisClient::Cluster::Node* RedisClient::Cluster::owner(const Unit& unit) {
    if (!unit.slot) {
        for (std::size_t tries = 0; tries < nodes_.size(); ++tries) {
            Node* const any = nodes_[next_asked_++ % nodes_.size()].get();
            if (any->connection->ready()) return any;
        }
        return nullptr;
    }
    const std::uint16_t master = table_.owner(*unit.slot);
    return master == SlotTable::kNobody ? nullptr : &node(table_.masters()[master]);
}

void RedisClient::Cluster::dispatch(const JobPtr& job, std::span<const Unit> units) {
    std::vector<std::pair<Node*, std::vector<Unit>>> parts;
    for (const Unit& unit : units) {
        Node* const target = owner(unit);
        if (target == nullptr) {
            want_table();
            lose(job, unit, RedisError::disconnected);
            continue;
        }
        auto part = std::ranges::find(parts, target, &std::pair<Node*, std::vector<Unit>>::first);
        if (part == parts.end()) part = parts.insert(part, {target, {}});
        part->second.push_back(unit);
    }
    for (auto& [target, own] : parts)
        send(job, std::move(own), *target, false);
}

void RedisClient::Cluster::send(const JobPtr& job,
                                std::vector<Unit> units,
                                const Node& node,
                                bool asking) {
    std::vector<Command> batch;
    for (const Unit& unit : units) {
        if (asking) batch.push_back({"ASKING"});
        const auto first = job->batch.begin() + static_cast<std::ptrdiff_t>(unit.first);
        batch.insert(batch.end(), first, first + static_cast<std::ptrdiff_t>(unit.count));
    }
    if (const error_code no = node.connection->admit(batch)) {
        want_table();
        for (const Unit& unit : units)
            lose(job, unit, no);
        return;
    }
    const std::size_t skipped = asking ? 1 : 0;
    auto handler = [self = shared_from_this(), job, units = std::move(units), from = node.endpoint,
                    skipped](error_code error, auto replies) {
        std::size_t at = 0;
        for (const Unit& unit : units) {
            at += skipped;
            if (error) {
                self->lose(job, unit, error);
            } else {
                const std::span<RedisReply> own(replies.data() + at, unit.count);
                self->arrived(job, unit, own, from);
            }
            at += unit.count;
        }
    };
    node.connection->enqueue(batch, job->expires, std::move(handler));
}

void RedisClient::Cluster::arrived(const JobPtr& job,
                                   Unit unit,
                                   std::span<RedisReply> replies,
                                   const Endpoint& from) {
    const RedisReply* elsewhere = find_error(replies, "MOVED ");
    if (elsewhere == nullptr) elsewhere = find_error(replies, "ASK ");
    if (elsewhere != nullptr && unit.redirects < kMaxRedirects) {
        if (const auto redirect = parse_redirect(elsewhere->text, from.host)) {
            ++unit.redirects;
            net::co_spawn(executor_, follow(shared_from_this(), job, unit, *redirect), rethrow);
            return;
        }
    }
    if (find_error(replies, "TRYAGAIN") != nullptr && unit.tries < kMaxTries) {
        ++unit.tries;
        net::co_spawn(executor_, try_again(shared_from_this(), job, unit), rethrow);
        return;
    }
    if (find_error(replies, "CLUSTERDOWN") != nullptr) want_table();
    std::ranges::move(replies, job->replies.begin() + static_cast<std::ptrdiff_t>(unit.first));
    settle(job);
}

// MOVED is for good and enters the table at once; ASK is for this command alone.
Awaitable<void> RedisClient::Cluster::follow(std::shared_ptr<Cluster> self,
                                             JobPtr job,
                                             Unit unit,
                                             Redirect redirect) {
    if (self->options_.on_redirected) {
        for (std::size_t i = 0; i < unit.count; ++i) {
            const auto key = routing_key(job->batch[unit.first + i]);
            if (key) self->options_.on_redirected(*key);
        }
    }
    if (!redirect.ask) {
        self->table_.move(redirect.slot, redirect.to);
        self->want_table();
    }
    const ConnectionPtr connection = self->node(redirect.to).connection;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(job->expires - Clock::now());
    const auto ready = co_await wait_ready(connection, left);
    if (!ready) {
        self->lose(job, unit, ready.error());
        co_return;
    }
    std::vector<Unit> units;
    units.push_back(unit);
    self->send(job, std::move(units), self->node(redirect.to), redirect.ask);
}

Awaitable<void> RedisClient::Cluster::try_again(std::shared_ptr<Cluster> self,
                                                JobPtr job,
                                                Unit unit) {
    Timer timer(self->executor_);
    timer.expires_after(kTryAgainAfter * unit.tries);
    co_await timer.async_wait(use_tuple);
    self->dispatch(job, {&unit, 1});
}

void RedisClient::Cluster::lose(const JobPtr& job, const Unit& unit, error_code why) {
    job->failure = why;
    ++job->lost;
    for (std::size_t i = 0; i < unit.count; ++i)
        job->replies[unit.first + i] = unreachable(why);
    settle(job);
}

// One unit fewer is open.
void RedisClient::Cluster::settle(const JobPtr& job) {
    if (--job->open > 0) return;
    in_flight_.fetch_sub(job->batch.size(), std::memory_order_relaxed);
    const bool failed = job->lost == job->units;
    if (job->lost > 0) errors_.add();
    auto handler = std::move(job->handler);
    if (failed) {
        std::move(handler)(job->failure, std::vector<RedisReply>());
    } else {
        std::move(handler)(error_code(), std::move(job->replies));
    }
}

}  // namespace redirector::store
