#include "redirector/retention.hpp"

#include "redirector/niceness.hpp"
#include "redirector/scan/clock.hpp"
#include "redirector/scan/index.hpp"
#include "redirector/scan/partition.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/scan/stream.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace redirector {
namespace {

constexpr std::size_t kAccountsAtOnce = 500;
constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::chrono::seconds kConnectWithin{10};

// What is to go in one round.
struct Due {
    std::uint64_t entries = 0;
    std::optional<scan::StreamId> last_entry;  // of the stream
    std::string last_member;                   // of what is left of others
    std::set<std::string> indexes;
};

void add_indexes(std::string_view value, Due& due) {
    const auto records = scan::unpack(value);
    if (!records) return;
    for (const auto& record : *records) {
        const auto scan = scan::decode(record);
        if (record.empty() || !scan) continue;
        for (const scan::IndexName& index : scan::indexes_of(*scan))
            due.indexes.insert(std::string(index.field).append(index.value));
    }
}

Due due_of(const store::RedisReply& entries, const store::RedisReply& remains) {
    Due due;
    due.entries = entries.elements.size() + remains.elements.size();
    for (const store::RedisReply& entry : entries.elements) {
        if (entry.elements.size() != 2) continue;
        if (const auto id = scan::parse_stream_id(entry.elements[0].text)) due.last_entry = *id;
        const auto& fields = entry.elements[1].elements;
        if (fields.size() == 2) add_indexes(fields[1].text, due);
    }
    for (const store::RedisReply& member : remains.elements) {
        due.last_member = member.text;
        if (const auto left = scan::parse_remains(member.text)) add_indexes(left->value, due);
    }
    return due;
}

store::RedisOptions options_of(const store::RedisAddress& address) {
    store::RedisOptions options;
    options.address = address;
    return options;
}

}  // namespace

Retention::Retention(const store::RedisPlaces& redis)
    : redis_(context_.get_executor(), options_of(redis.primary)),
      scan_redis_(context_.get_executor(), options_of(redis.scans())),
      policies_(redis_),
      timer_(context_) {
    redis_.start();
    scan_redis_.start();
    net::co_spawn(context_, run(), [this](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
        redis_.stop();
        scan_redis_.stop();
        context_.stop();
    });
    thread_ = std::thread([this] {
        stand_back();
        context_.run();
    });
}

Retention::~Retention() {
    net::post(context_, [this] {
        stopping_ = true;
        timer_.cancel();
        redis_.stop();
        scan_redis_.stop();
    });
    thread_.join();
}

Awaitable<void> Retention::run() {
    (void)co_await redis_.wait_ready(kConnectWithin);
    while (!stopping_) {
        const bool ours = co_await take_lease();
        if (ours) co_await pass();
        if (stopping_) co_return;
        timer_.expires_after(kEvery);
        co_await timer_.async_wait(use_tuple);
    }
}

// Shorter than kEvery, so that whoever comes next after a pass may be another node.
Awaitable<bool> Retention::take_lease() {
    store::Command command{"SET",
                           std::string(store::keyspace::kRetentionLease),
                           store::new_guid(),
                           "NX",
                           "EX",
                           std::to_string(kLease.count())};
    const auto reply = co_await redis_.execute(std::move(command));
    co_return reply && !reply->is_nil() && !reply->is_error();
}

Awaitable<void> Retention::pass() {
    for (std::size_t begin = 0; !stopping_; begin += kAccountsAtOnce) {
        store::Command command{"ZRANGE", std::string(store::keyspace::kAccounts),
                               std::to_string(begin), std::to_string(begin + kAccountsAtOnce - 1)};
        const auto page = co_await redis_.execute(std::move(command));
        if (!page || page->elements.empty()) co_return;
        std::vector<std::string> accounts;
        for (const store::RedisReply& account : page->elements)
            accounts.push_back(account.text);
        const bool learnt = co_await policies_.learn(accounts);
        if (!learnt) co_return;
        std::vector<std::pair<std::string, std::uint64_t>> due;
        const std::uint64_t now = scan::now_ms();
        for (std::string& account : accounts) {
            const auto policy = policies_.find(account);
            if (!policy || policy->retention_days == 0) continue;
            due.emplace_back(std::move(account),
                             now - std::min(now, policy->retention_days * kDayMs));
        }
        for (auto& [account, before_ms] : due)
            co_await trim(std::move(account), before_ms);
    }
}

Awaitable<void> Retention::trim(std::string account, std::uint64_t before_ms) {
    for (unsigned bucket = 0; bucket < scan::kBuckets && !stopping_; ++bucket)
        co_await trim(account, bucket, before_ms);
}

// Some entries at a time, oldest first. Their indexes go before them: what is left behind by a crash
// in between is found again.
Awaitable<void> Retention::trim(std::string account, unsigned bucket, std::uint64_t before_ms) {
    const scan::Partition partition{std::move(account), bucket};
    const std::string key = scan::stream_key(partition);
    const std::string remains = scan::remains_key(partition);
    const std::string members = scan::members_before({before_ms, 0});
    const std::string limit = std::to_string(kMostAtOnce);
    for (std::uint64_t rounds = 0; rounds < kMostPerPass / kMostAtOnce && !stopping_; ++rounds) {
        std::vector<store::Command> look;
        look.push_back(
            {"XRANGE", key, "-", "(" + std::to_string(before_ms) + "-0", "COUNT", limit});
        look.push_back({"ZRANGEBYLEX", remains, "-", members, "LIMIT", "0", limit});
        const auto found = co_await scan_redis_.execute(std::move(look));
        if (!found || std::ranges::any_of(*found, &store::RedisReply::is_error)) co_return;
        const Due due = due_of((*found)[0], (*found)[1]);
        if (due.entries == 0) co_return;
        std::vector<store::Command> remove;
        for (const std::string& index : due.indexes)
            remove.push_back({"ZREMRANGEBYLEX", scan::index_key(partition, index), "-", members});
        if (!due.last_member.empty())
            remove.push_back({"ZREMRANGEBYLEX", remains, "-", "[" + due.last_member});
        if (due.last_entry) {
            const scan::StreamId behind{due.last_entry->ms, due.last_entry->seq + 1};
            remove.push_back({"XTRIM", key, "MINID", "=", scan::to_string(behind)});
        }
        const auto removed = co_await scan_redis_.execute(std::move(remove));
        if (!removed || std::ranges::any_of(*removed, &store::RedisReply::is_error)) co_return;
        removed_.fetch_add(due.entries, std::memory_order_relaxed);
        if (due.entries < kMostAtOnce) co_return;
    }
}

}  // namespace redirector
