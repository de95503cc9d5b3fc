// The half of the cluster client that keeps the slot table and the connections that follow from it.
#include "redirector/store/topology_cluster.hpp"

#include <algorithm>

namespace redirector::store {

using boost::system::error_code;
using Endpoint = RedisAddress::Endpoint;

namespace {

constexpr std::chrono::seconds kRefreshEvery{30};
constexpr std::chrono::milliseconds kRefreshSoon{250};    // while something is amiss
constexpr std::chrono::milliseconds kRefreshAtMost{100};  // whoever wants it

bool says_ok(const RedisReply& info) {
    return info.text.find("cluster_state:ok") != std::string::npos;
}

}  // namespace

Awaitable<void> RedisClient::Cluster::run(std::shared_ptr<Cluster> self) {
    while (self->state_ != RedisState::stopped) {
        self->wanted_ = false;
        const error_code failed = co_await self->refresh();
        if (self->state_ == RedisState::stopped) co_return;
        self->refresh_timer_.expires_after(kRefreshAtMost);
        co_await self->refresh_timer_.async_wait(use_tuple);
        if (self->state_ == RedisState::stopped) co_return;
        const bool calm = !failed && self->state_ == RedisState::ready;
        if (!self->wanted_) {
            using Milliseconds = std::chrono::milliseconds;
            const Milliseconds most = calm ? Milliseconds(kRefreshEvery) : kRefreshSoon;
            std::uniform_int_distribution<std::int64_t> pick(most.count() / 2, most.count());
            self->refresh_timer_.expires_after(Milliseconds(pick(self->random_)));
            self->resting_ = true;
            co_await self->refresh_timer_.async_wait(use_tuple);
            self->resting_ = false;
        }
    }
}

// Asks masters first, of these the ones that are there, then those that the URL names, until one says that the cluster is well; if
// none does, what was answered last counts.
Awaitable<error_code> RedisClient::Cluster::refresh() {
    std::vector<Endpoint> candidates = table_.masters();
    if (!candidates.empty()) {
        const auto turn = static_cast<std::ptrdiff_t>(next_asked_++ % candidates.size());
        std::ranges::rotate(candidates, candidates.begin() + turn);
    }
    for (const Endpoint& seed : options_.address.endpoints) {
        if (std::ranges::find(candidates, seed) == candidates.end()) candidates.push_back(seed);
    }
    std::ranges::stable_partition(candidates, [this](const Endpoint& candidate) {
        return std::ranges::any_of(nodes_, [&](const auto& node) {
            return node->endpoint == candidate && node->connection->ready();
        });
    });
    error_code failure = RedisError::disconnected;
    bool any = false;
    for (Endpoint& candidate : candidates) {
        bool healthy = false;
        const error_code failed = co_await ask(std::move(candidate), healthy);
        if (state_ == RedisState::stopped) co_return make_error_code(RedisError::stopped);
        if (failed) {
            failure = failed;
            continue;
        }
        any = true;
        if (healthy) break;
    }
    if (any) {
        adopt(std::move(answered_));
        co_return error_code();
    }
    last_failure_ = failure;
    const bool final_looking = failure == RedisError::auth || failure == RedisError::refused;
    if (final_looking && table_.empty()) set_state(RedisState::refused);
    co_return failure;
}

Awaitable<error_code> RedisClient::Cluster::ask(Endpoint endpoint, bool& healthy) {
    const ConnectionPtr connection = node(endpoint).connection;
    const auto ready = co_await wait_ready(connection, kRefreshSoon);
    if (!ready) {
        if (!connection->last_refusal().empty()) last_refusal_ = connection->last_refusal();
        co_return ready.error();
    }
    std::vector<Command> questions;
    questions.push_back({"CLUSTER", "SLOTS"});
    questions.push_back({"CLUSTER", "INFO"});
    const auto replies = co_await execute(connection, std::move(questions), kRefreshSoon * 2);
    if (!replies) co_return replies.error();
    auto table = SlotTable::parse(replies->at(0), endpoint.host);
    if (!table) {
        last_refusal_ = replies->at(0).is_error() ? replies->at(0).text : "no slot table";
        co_return make_error_code(RedisError::refused);
    }
    if (table->empty()) co_return make_error_code(RedisError::loading);
    answered_ = std::move(*table);
    healthy = says_ok(replies->at(1));
    co_return error_code();
}

void RedisClient::Cluster::want_table() {
    wanted_ = true;
    if (resting_) refresh_timer_.cancel();
}

void RedisClient::Cluster::adopt(SlotTable table) {
    table_ = std::move(table);
    for (const Endpoint& master : table_.masters())
        node(master);
    drop_strangers();
    judge_state();
}

RedisClient::Cluster::Node& RedisClient::Cluster::node(const Endpoint& endpoint) {
    const auto known =
        std::ranges::find_if(nodes_, [&](const auto& node) { return node->endpoint == endpoint; });
    if (known != nodes_.end()) return **known;
    RedisOptions options;
    options.address = options_.address;
    options.address.kind = RedisAddress::Kind::tcp;
    options.address.endpoints = {endpoint};
    options.deadline = options_.deadline;
    options.connect_deadline = options_.connect_deadline;
    options.backoff_min = options_.backoff_min;
    options.backoff_max = std::min(options_.backoff_max, kRefreshSoon);
    options.reply_limits = options_.reply_limits;
    nodes_.push_back(std::make_unique<Node>(Node{endpoint, nullptr, false}));
    Node* const made = nodes_.back().get();
    options.on_state = [this, made](RedisState state) {
        if (state == RedisState::ready && std::exchange(made->greeted, true)) reconnects_.add();
        if (state != RedisState::ready) want_table();
        judge_state();
    };
    made->connection = std::make_shared<Connection>(executor_, std::move(options));
    made->connection->start();
    return *made;
}

// Connections to seeds that are no masters, and to masters of yesterday: closed once nothing is
// under way on them.
void RedisClient::Cluster::drop_strangers() {
    std::erase_if(nodes_, [this](const auto& node) {
        const bool master =
            std::ranges::find(table_.masters(), node->endpoint) != table_.masters().end();
        if (master || node->connection->counters().in_flight > 0) return false;
        node->connection->forget_callbacks();
        node->connection->stop();
        return true;
    });
}

void RedisClient::Cluster::judge_state() {
    if (state_ == RedisState::stopped || table_.empty()) return;
    const bool whole = std::ranges::all_of(table_.masters(), [this](const Endpoint& master) {
        const auto known = std::ranges::find_if(
            nodes_, [&](const auto& node) { return node->endpoint == master; });
        return known != nodes_.end() && (*known)->connection->ready();
    });
    set_state(whole ? RedisState::ready : RedisState::disconnected);
}

}  // namespace redirector::store
