#include "redirector/webhooks/delivery.hpp"

#include "redirector/api/documents.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/api/webhook_signature.hpp"
#include "redirector/api/webhooks.hpp"
#include "redirector/log.hpp"
#include "redirector/niceness.hpp"
#include "redirector/store/documents.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/webhooks/back_off.hpp"
#include "redirector/webhooks/batch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

namespace redirector::webhooks {
namespace {

namespace json = boost::json;
namespace keyspace = store::keyspace;

constexpr std::chrono::seconds kConnectWithin{10};
constexpr std::chrono::milliseconds kLookForRoom{50};
constexpr int kGone = 410;
// Clocks of nodes and of Redis differ: rather some actions of before the webhook than none of after.
constexpr std::uint64_t kClocksDiffer = 1'000;

// Writes, and holds the lease for longer, if it is still ours.
// KEYS: lease, state, dead letters, redriven. ARGV: lease, its ms, place, pending, letter, pop, most
// letters.
constexpr std::string_view kSettleScript =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
    "redis.call('PEXPIRE', KEYS[1], ARGV[2]) "
    "if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], 'place', ARGV[3]) end "
    "if ARGV[4] ~= '' then redis.call('HSET', KEYS[2], 'pending', ARGV[4]) "
    "else redis.call('HDEL', KEYS[2], 'pending') end "
    "if ARGV[5] ~= '' then redis.call('LPUSH', KEYS[3], ARGV[5]) "
    "redis.call('LTRIM', KEYS[3], 0, ARGV[7] - 1) end "
    "if ARGV[6] == '1' then redis.call('RPOP', KEYS[4]) end "
    "return 1";

constexpr std::string_view kReleaseScript =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end "
    "return 0";

store::RedisOptions options_of(const store::RedisAddress& address) {
    store::RedisOptions options;
    options.address = address;
    return options;
}

std::vector<std::string> texts_of(const api::Document& document, std::string_view field) {
    std::vector<std::string> texts;
    const json::array* const array = document.array(field);
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i)
        texts.emplace_back((*array)[i].as_string());
    return texts;
}

Message message_of(const Target& target,
                   std::string_view key,
                   const std::string& id,
                   const std::string& body) {
    const std::int64_t seconds = api::now_ms() / 1000;
    Message message{target, {}, body};
    message.fields.emplace_back("Webhook-Id", id);
    message.fields.emplace_back("Webhook-Timestamp", std::to_string(seconds));
    message.fields.emplace_back("Webhook-Signature",
                                api::webhook_signature(key, id, seconds, body));
    return message;
}

}  // namespace

Delivery::Delivery(const store::RedisPlaces& redis,
                   std::shared_ptr<const facts::AgentParser> agents,
                   bool private_targets)
    : redis_(context_.get_executor(), options_of(redis.primary)),
      scan_redis_(context_.get_executor(), options_of(redis.scans())),
      agents_(std::move(agents)),
      poster_(private_targets),
      timer_(context_) {
    redis_.start();
    scan_redis_.start();
    net::co_spawn(context_, run(), [this](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
        end();
    });
    thread_ = std::thread([this] {
        stand_back();
        context_.run();
    });
}

// What is not finished in time is dropped, and done again by whoever takes the lease when it ends.
Delivery::~Delivery() {
    net::post(context_, [this] {
        stopping_ = true;
        timer_.cancel();
        if (looking_) redis_.stop();
    });
    thread_.join();
}

void Delivery::end() {
    redis_.stop();
    scan_redis_.stop();
    context_.stop();
}

Awaitable<void> Delivery::pause(std::chrono::milliseconds time) {
    if (stopping_) co_return;
    timer_.expires_after(time);
    co_await timer_.async_wait(use_tuple);
}

Awaitable<void> Delivery::run() {
    looking_ = true;
    (void)co_await redis_.wait_ready(kConnectWithin);
    looking_ = false;
    while (!stopping_) {
        co_await pass();
        co_await pause(kEvery);
    }
    const auto until = std::chrono::steady_clock::now() + kFinish;
    while (!active_.empty() && std::chrono::steady_clock::now() < until) {
        timer_.expires_after(kLookForRoom);
        co_await timer_.async_wait(use_tuple);
    }
}

Awaitable<void> Delivery::pass() {
    store::Command command{"SMEMBERS", std::string(keyspace::kWebhooks)};
    const auto members = co_await redis_.execute(std::move(command));
    if (!members || members->is_error()) co_return;
    for (const store::RedisReply& member : members->elements) {
        while (active_.size() >= kMostAtOnce && !stopping_)
            co_await pause(kLookForRoom);
        if (stopping_) co_return;
        begin(member.text);
    }
}

void Delivery::begin(std::string member) {
    if (!active_.insert(member).second) return;
    net::co_spawn(context_, deliver(member), [this, member](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
        active_.erase(member);
    });
}

Awaitable<void> Delivery::deliver(std::string member) {
    auto webhook = co_await find(member);
    if (!webhook) {
        note_waiting(member.substr(member.find('/') + 1), 0);
        co_return;
    }
    const bool ours = co_await take_lease(*webhook);
    if (!ours) {
        note_waiting(webhook->id, 0);
        co_return;
    }
    for (int batches = 0; batches < kMostBatches && !stopping_; ++batches) {
        const Next next = co_await step(*webhook);
        if (next == Next::rest) break;
    }
    co_await release(*webhook);
}

// Nothing: it is removed, or not enabled.
Awaitable<std::optional<Delivery::Webhook>> Delivery::find(std::string member) {
    std::optional<Webhook> webhook;
    const std::size_t slash = member.find('/');
    if (slash == member.npos) co_return webhook;
    std::string account = member.substr(0, slash);
    const std::vector<std::string> ids{member.substr(slash + 1)};
    store::Documents documents(redis_, account);
    auto records = co_await documents.read(ids);
    if (!records) co_return webhook;
    const auto document = api::parse_document(api::kWebhook, std::move(records->front()));
    if (!document) co_return webhook;
    const json::value* const enabled = document->fields.if_contains("enabled");
    auto key = api::webhook_key(document->text("secret"));
    auto target = parse_target(document->text("url"));
    const bool off = enabled != nullptr && enabled->is_bool() && !enabled->get_bool();
    if (off || !key || !target) co_return webhook;
    webhook.emplace();
    webhook->account = std::move(account);
    webhook->id = ids.front();
    webhook->key = std::move(*key);
    webhook->target = std::move(*target);
    webhook->types = texts_of(*document, "types");
    webhook->created_ms = static_cast<std::uint64_t>(document->number("createdAt"));
    co_return webhook;
}

Awaitable<bool> Delivery::take_lease(Webhook& webhook) {
    webhook.lease = store::new_guid();
    store::Command command{"SET",         keyspace::webhook(webhook.id, keyspace::kDeliveryLease),
                           webhook.lease, "NX",
                           "EX",          std::to_string(kLease.count())};
    const auto reply = co_await redis_.execute(std::move(command));
    co_return reply && !reply->is_nil() && !reply->is_error();
}

Awaitable<void> Delivery::release(const Webhook& webhook) {
    store::Command command{"EVAL", std::string(kReleaseScript), "1",
                           keyspace::webhook(webhook.id, keyspace::kDeliveryLease), webhook.lease};
    (void)co_await redis_.execute(std::move(command));
}

Awaitable<bool> Delivery::settle(const Webhook& webhook, Settlement settlement) {
    store::Command command{"EVAL", std::string(kSettleScript), "4"};
    for (const auto part : {keyspace::kDeliveryLease, keyspace::kDeliveryState,
                            keyspace::kDeadLetters, keyspace::kRedriven})
        command.push_back(keyspace::webhook(webhook.id, part));
    command.push_back(webhook.lease);
    command.push_back(std::to_string(std::chrono::milliseconds(kLease).count()));
    command.push_back(std::move(settlement.place));
    command.push_back(std::move(settlement.pending));
    command.push_back(std::move(settlement.letter));
    command.emplace_back(settlement.pop ? "1" : "0");
    command.push_back(std::to_string(api::kMaxDeadLetters));
    const auto reply = co_await redis_.execute(std::move(command));
    co_return reply && reply->integer == 1;
}

Awaitable<std::optional<Delivery::State>> Delivery::read_state(const Webhook& webhook) {
    std::vector<store::Command> commands;
    commands.push_back(
        {"HMGET", keyspace::webhook(webhook.id, keyspace::kDeliveryState), "place", "pending"});
    commands.push_back({"LINDEX", keyspace::webhook(webhook.id, keyspace::kRedriven), "-1"});
    const auto replies = co_await redis_.execute(std::move(commands));
    std::optional<State> state;
    if (!replies || std::ranges::any_of(*replies, &store::RedisReply::is_error) ||
        (*replies)[0].elements.size() != 2)
        co_return state;
    state.emplace();
    const auto place = parse_cursor((*replies)[0].elements[0].text);
    state->place =
        place ? *place
              : cursor_at(webhook.created_ms - std::min(webhook.created_ms, kClocksDiffer));
    state->pending = parse_pending((*replies)[0].elements[1].text);
    state->kept = state->pending.has_value();
    if (state->kept) co_return state;
    state->popped = !(*replies)[1].is_nil();
    state->pending = parse_pending((*replies)[1].text);
    if (!state->pending) co_return state;
    state->pending->redriven = true;
    state->pending->tries = 0;
    state->pending->due_ms = 0;
    co_return state;
}

// The actions of the batch, and the batch itself where none is pending. False: Redis does not answer.
Awaitable<bool> Delivery::fill(const Webhook& webhook, State& state) {
    BatchQuery query{webhook.account, webhook.types, state.place, std::nullopt};
    if (state.pending) {
        query.from = state.pending->from;
        query.to = state.pending->to;
    }
    auto batch = co_await read_batch(scan_redis_, query, agents_);
    if (!batch) co_return false;
    state.body = std::move(batch->body);
    if (state.pending) co_return true;
    state.pending.emplace();
    state.pending->id = "msg_" + store::new_resource_id();
    state.pending->from = state.place;
    state.pending->to = batch->to;
    state.pending->actions = batch->actions;
    state.pending->since_ms = batch->since_ms;
    co_return true;
}

Awaitable<Delivery::Next> Delivery::step(const Webhook& webhook) {
    auto state = co_await read_state(webhook);
    if (!state) co_return Next::rest;
    const std::uint64_t since = state->pending ? state->pending->since_ms : 0;
    note_waiting(webhook.id, since);
    if (state->pending && state->pending->due_ms > api::now_ms()) co_return Next::rest;
    const bool filled = co_await fill(webhook, *state);
    if (!filled) co_return Next::rest;
    const Pending& pending = *state->pending;
    Settlement settlement;
    settlement.pop = state->popped;
    // Nothing of it is wanted, or it was removed since.
    if (state->body.empty()) {
        const bool moved = state->kept || state->popped || pending.to != pending.from;
        if (!moved) co_return Next::rest;
        if (!pending.redriven) settlement.place = to_text(pending.to);
        const bool settled = co_await settle(webhook, std::move(settlement));
        co_return settled ? Next::more : Next::rest;
    }
    // Stored at every step, the lease held for longer: the same batch for whoever comes after.
    settlement.pending = to_text(pending);
    const bool settled = co_await settle(webhook, std::move(settlement));
    if (!settled) co_return Next::rest;
    const Next next = co_await send(webhook, *state);
    co_return next;
}

Awaitable<Delivery::Next> Delivery::send(const Webhook& webhook, State& state) {
    Pending& pending = *state.pending;
    note_waiting(webhook.id, pending.since_ms);
    const Message message = message_of(webhook.target, webhook.key, pending.id, state.body);
    const Answer answer = co_await poster_.post(message);
    Settlement settlement;
    ++pending.tries;
    const bool taken = answer.failure.empty();
    const bool dead = !taken && (answer.status == kGone || pending.tries >= kMostTries);
    if ((taken || dead) && !pending.redriven) settlement.place = to_text(pending.to);
    if (dead) settlement.letter = dead_letter(pending, answer.failure, api::now_ms());
    if (!taken && !dead) {
        thread_local std::minstd_rand random{std::random_device{}()};
        pending.due_ms = api::now_ms() + back_off(pending.tries, random()).count();
        settlement.pending = to_text(pending);
    }
    if (taken) {
        figures_.batches.fetch_add(1, std::memory_order_relaxed);
        figures_.actions.fetch_add(pending.actions, std::memory_order_relaxed);
    } else {
        figures_.failures.fetch_add(1, std::memory_order_relaxed);
        log::write(log::Level::warning, dead ? "webhook given up" : "webhook failed",
                   {{"account", webhook.account},
                    {"webhook", webhook.id},
                    {"batch", pending.id},
                    {"tries", static_cast<std::int64_t>(pending.tries)},
                    {"reason", answer.failure}});
    }
    if (dead) figures_.dead_letters.fetch_add(1, std::memory_order_relaxed);
    const bool settled = co_await settle(webhook, std::move(settlement));
    if (settled && (taken || dead)) note_waiting(webhook.id, 0);
    co_return settled && (taken || dead) ? Next::more : Next::rest;
}

void Delivery::note_waiting(const std::string& id, std::uint64_t since_ms) {
    if (since_ms == 0) {
        waiting_.erase(id);
    } else {
        waiting_[id] = since_ms;
    }
    std::uint64_t oldest = 0;
    for (const auto& [webhook, since] : waiting_)
        oldest = oldest == 0 ? since : std::min(oldest, since);
    figures_.oldest_ms.store(oldest, std::memory_order_relaxed);
}

}  // namespace redirector::webhooks
