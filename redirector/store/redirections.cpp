#include "redirector/store/redirections.hpp"

#include "redirector/scan/partition.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"

#include <algorithm>
#include <charconv>

namespace redirector::store {
namespace {

constexpr std::size_t kTimeDigits = 12;
constexpr int kUpdateTries = 8;

// Sets or removes a record only if it is still what was read.
constexpr std::string_view kReplaceScript =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
    "if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end "
    "return 1";

// Instead of hits, in the hash of hits: the redirection was removed, and what is still to come of its
// scans is not counted (scan/batch.hpp).
constexpr std::string_view kRemoved = "-";

// Lets a short ID that was removed be counted again.
constexpr std::string_view kCountAgainScript =
    "if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) "
    "end";

std::string index_member(const Redirection& redirection, std::string_view short_id) {
    std::string member(kTimeDigits, '0');
    auto time = static_cast<std::uint64_t>(redirection.created_at);
    for (std::size_t i = kTimeDigits; i-- > 0; time >>= 4)
        member[i] = "0123456789abcdef"[time & 15];
    return member.append(short_id);
}

scan::Partition partition_of(const std::string& account, std::string_view short_id) {
    return {account, scan::bucket_of(short_id)};
}

std::string account_index(const std::string& account, std::string_view short_id) {
    return keyspace::redirections_of_account(account, scan::bucket_of(short_id));
}

void add_members(const StoredRedirection& stored, std::vector<Command>& batch) {
    const Redirection& redirection = stored.redirection;
    const std::string member = index_member(redirection, stored.short_id);
    batch.push_back({"ZADD", account_index(redirection.account, stored.short_id), "0", member});
    batch.push_back(
        {"ZADD", keyspace::redirections_of_resource(redirection.account, redirection.evrythng_id),
         "0", member});
}

Command count_again(const StoredRedirection& stored) {
    return {"EVAL",
            std::string(kCountAgainScript),
            "1",
            scan::hits_key(partition_of(stored.redirection.account, stored.short_id)),
            stored.short_id,
            std::string(kRemoved)};
}

// The members that were added for a short ID which is taken lead nowhere, unless they are those of
// the redirection that has it: created in the same millisecond.
void undo_members(const StoredRedirection& stored,
                  const std::optional<Redirection>& existing,
                  std::vector<Command>& batch) {
    const Redirection& redirection = stored.redirection;
    const std::string member = index_member(redirection, stored.short_id);
    const bool same_member = existing && existing->account == redirection.account &&
                             existing->created_at == redirection.created_at;
    if (!same_member)
        batch.push_back({"ZREM", account_index(redirection.account, stored.short_id), member});
    if (!same_member || existing->evrythng_id != redirection.evrythng_id) {
        batch.push_back(
            {"ZREM",
             keyspace::redirections_of_resource(redirection.account, redirection.evrythng_id),
             member});
    }
}

std::uint64_t hits_in(const RedisReply& reply) {
    std::uint64_t hits = 0;
    std::from_chars(reply.text.data(), reply.text.data() + reply.text.size(), hits);
    return hits;
}

// The index keys that a list reads.
std::vector<std::string> index_keys(const ListQuery& query) {
    if (!query.evrythng_id.empty())
        return {keyspace::redirections_of_resource(query.account, query.evrythng_id)};
    std::vector<std::string> keys;
    for (unsigned bucket = 0; bucket < scan::kBuckets; ++bucket) {
        keys.push_back(keyspace::redirections_of_account(query.account, bucket));
    }
    return keys;
}

std::vector<Command> index_commands(const ListQuery& query) {
    const std::string from =
        query.after.empty() ? (query.ascending ? "-" : "+") : "(" + query.after;
    const std::string to = query.ascending ? "+" : "-";
    const std::string count = std::to_string(query.per_page + 1);
    std::vector<Command> commands;
    for (const std::string& key : index_keys(query)) {
        commands.push_back({query.ascending ? "ZRANGEBYLEX" : "ZREVRANGEBYLEX", key, from, to,
                            "LIMIT", "0", count});
        commands.push_back({"ZCARD", key});
    }
    return commands;
}

// Merges what the indexes answered, in the order asked for; at most one more than a page.
std::vector<std::string> merge_members(const ListQuery& query,
                                       const std::vector<RedisReply>& replies,
                                       std::uint64_t& total) {
    std::vector<std::string> members;
    for (std::size_t i = 0; i + 1 < replies.size(); i += 2) {
        for (const RedisReply& member : replies[i].elements)
            members.push_back(member.text);
        total += static_cast<std::uint64_t>(replies[i + 1].integer);
    }
    std::ranges::sort(members);
    if (!query.ascending) std::ranges::reverse(members);
    members.resize(std::min(members.size(), query.per_page + 1));
    return members;
}

}  // namespace

struct Redirections::Record {
    Outcome outcome = Outcome::store_down;
    std::string bytes;
    Redirection redirection;
};

bool is_index_member(std::string_view text) {
    const auto is_time_digit = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    };
    return text.size() > kTimeDigits &&
           std::ranges::all_of(text.substr(0, kTimeDigits), is_time_digit) &&
           is_short_id(text.substr(kTimeDigits));
}

std::string member_of(const StoredRedirection& stored) {
    return index_member(stored.redirection, stored.short_id);
}

Awaitable<Outcome> Redirections::create(const std::string& short_id,
                                        const Redirection& redirection) {
    const std::vector<StoredRedirection> one{{short_id, redirection, 0}};
    const std::vector<Creation> creations = co_await create_all(one);
    co_return creations.front().outcome;
}

Awaitable<std::vector<Creation>> Redirections::create_all(
    const std::vector<StoredRedirection>& wanted) {
    std::vector<Creation> creations(wanted.size());
    std::vector<Command> members;
    std::vector<Command> counts;
    std::vector<Command> sets;
    for (const StoredRedirection& stored : wanted) {
        add_members(stored, members);
        counts.push_back(count_again(stored));
        sets.push_back(
            {"SET", keyspace::redirection(stored.short_id), encode(stored.redirection), "NX"});
    }
    const auto indexed = co_await redis_.execute(std::move(members));
    if (!indexed || std::ranges::any_of(*indexed, &RedisReply::is_error)) co_return creations;
    const auto counted = co_await scan_redis_.execute(std::move(counts));
    if (!counted || std::ranges::any_of(*counted, &RedisReply::is_error)) co_return creations;
    // Only now: in a cluster commands of one batch have no order.
    const auto set = co_await redis_.execute(std::move(sets));
    if (!set || std::ranges::any_of(*set, &RedisReply::is_error)) co_return creations;
    std::vector<std::size_t> taken;
    std::vector<Command> look;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!set->at(i).is_nil()) continue;
        taken.push_back(i);
        look.push_back({"GET", keyspace::redirection(wanted[i].short_id)});
    }
    const auto records = co_await redis_.execute(std::move(look));
    if (!records || std::ranges::any_of(*records, &RedisReply::is_error)) co_return creations;
    std::ranges::fill(creations, Creation{Outcome::done, std::nullopt});
    std::vector<Command> undo;
    for (std::size_t i = 0; i < taken.size(); ++i) {
        Creation& creation = creations[taken[i]];
        creation = {Outcome::taken, decode_redirection(records->at(i).text)};
        undo_members(wanted[taken[i]], creation.existing, undo);
    }
    co_await redis_.execute(std::move(undo));
    co_return creations;
}

Awaitable<Redirections::Record> Redirections::read_record(const std::string& short_id,
                                                          const std::string& account) {
    Record record;
    Command command{"GET", keyspace::redirection(short_id)};
    const auto reply = co_await redis_.execute(std::move(command));
    if (!reply || reply->is_error()) co_return record;
    const auto redirection = decode_redirection(reply->text);
    record.outcome = Outcome::absent;
    if (!redirection || (!account.empty() && redirection->account != account)) co_return record;
    record.outcome = Outcome::done;
    record.bytes = reply->text;
    record.redirection = *redirection;
    co_return record;
}

Awaitable<ReadResult> Redirections::read(const std::string& short_id, const std::string& account) {
    ReadResult result;
    const Record record = co_await read_record(short_id, account);
    result.outcome = record.outcome;
    if (record.outcome != Outcome::done) co_return result;
    Command command{"HGET", scan::hits_key(partition_of(record.redirection.account, short_id)),
                    short_id};
    const auto hits = co_await scan_redis_.execute(std::move(command));
    if (!hits || hits->is_error()) {
        result.outcome = Outcome::store_down;
        co_return result;
    }
    result.stored = StoredRedirection{short_id, record.redirection, hits_in(*hits)};
    co_return result;
}

Awaitable<Redirections::Replaced> Redirections::replace(const std::string& short_id,
                                                        const std::string& old_record,
                                                        const std::string& new_record) {
    const std::string key = keyspace::redirection(short_id);
    Command command{"EVAL", std::string(kReplaceScript), "1", key, old_record, new_record};
    const auto reply = co_await redis_.execute(std::move(command));
    if (!reply || reply->is_error()) co_return Replaced::store_down;
    co_return reply->integer == 1 ? Replaced::yes : Replaced::no;
}

Awaitable<ReadResult> Redirections::update(const std::string& short_id,
                                           const std::string& account,
                                           const std::function<void(Redirection&)>& change,
                                           std::int64_t now_ms) {
    ReadResult failed;
    for (int tries = 0; tries < kUpdateTries; ++tries) {
        Record record = co_await read_record(short_id, account);
        failed.outcome = record.outcome;
        if (record.outcome != Outcome::done) co_return failed;
        change(record.redirection);
        record.redirection.updated_at = std::max(now_ms, record.redirection.updated_at + 1);
        const std::string changed = encode(record.redirection);
        const Replaced replaced = co_await replace(short_id, record.bytes, changed);
        failed.outcome = Outcome::store_down;
        if (replaced == Replaced::store_down) co_return failed;
        if (replaced == Replaced::no) continue;
        co_return co_await read(short_id, account);
    }
    co_return failed;
}

Awaitable<Outcome> Redirections::remove(const std::string& short_id, const std::string& account) {
    for (int tries = 0; tries < kUpdateTries; ++tries) {
        const Record record = co_await read_record(short_id, account);
        if (record.outcome != Outcome::done) co_return record.outcome;
        const std::string nothing;
        const Replaced replaced = co_await replace(short_id, record.bytes, nothing);
        if (replaced == Replaced::store_down) co_return Outcome::store_down;
        if (replaced == Replaced::no) continue;
        const std::string member = index_member(record.redirection, short_id);
        const std::string owner = record.redirection.account;
        std::vector<Command> batch;
        batch.push_back({"ZREM", account_index(owner, short_id), member});
        batch.push_back({"ZREM",
                         keyspace::redirections_of_resource(owner, record.redirection.evrythng_id),
                         member});
        Command forget{"HSET", scan::hits_key(partition_of(owner, short_id)), short_id,
                       std::string(kRemoved)};
        // The record is gone: what cannot be tidied now is passed over by list().
        co_await redis_.execute(std::move(batch));
        co_await scan_redis_.execute(std::move(forget));
        co_return Outcome::done;
    }
    co_return Outcome::store_down;
}

Awaitable<std::optional<std::vector<StoredRedirection>>> Redirections::find(
    const std::vector<std::string>& short_ids, const std::string& account) {
    std::vector<Command> batch;
    for (const std::string& short_id : short_ids)
        batch.push_back({"GET", keyspace::redirection(short_id)});
    const auto records = co_await redis_.execute(std::move(batch));
    std::optional<std::vector<StoredRedirection>> found;
    if (!records || std::ranges::any_of(*records, &RedisReply::is_error)) co_return found;
    found.emplace();
    for (std::size_t i = 0; i < short_ids.size(); ++i) {
        auto redirection = decode_redirection(records->at(i).text);
        if (redirection && redirection->account == account)
            found->push_back({short_ids[i], std::move(*redirection), 0});
    }
    co_return found;
}

Awaitable<bool> Redirections::count_hits(std::vector<StoredRedirection>& found) {
    std::vector<Command> batch;
    for (const StoredRedirection& stored : found) {
        const auto partition = partition_of(stored.redirection.account, stored.short_id);
        batch.push_back({"HGET", scan::hits_key(partition), stored.short_id});
    }
    const auto hits = co_await scan_redis_.execute(std::move(batch));
    if (!hits || std::ranges::any_of(*hits, &RedisReply::is_error)) co_return false;
    for (std::size_t i = 0; i < found.size(); ++i)
        found[i].hits = hits_in(hits->at(i));
    co_return true;
}

Awaitable<ListResult> Redirections::list(const ListQuery& query) {
    ListResult result;
    std::vector<Command> commands = index_commands(query);
    const auto indexes = co_await redis_.execute(std::move(commands));
    if (!indexes || std::ranges::any_of(*indexes, &RedisReply::is_error)) co_return result;
    std::vector<std::string> members = merge_members(query, *indexes, result.total);
    if (members.size() > query.per_page) {
        members.pop_back();
        result.next = members.back();
    }
    std::vector<Command> gets;
    for (const std::string& member : members)
        gets.push_back({"GET", keyspace::redirection(member.substr(kTimeDigits))});
    const auto records = co_await redis_.execute(std::move(gets));
    if (!records || std::ranges::any_of(*records, &RedisReply::is_error)) co_return result;
    for (std::size_t i = 0; i < members.size(); ++i) {
        auto redirection = decode_redirection(records->at(i).text);
        // A member of another time was left by a creation that was cut off, and came again.
        if (!redirection || redirection->account != query.account ||
            index_member(*redirection, std::string_view(members[i]).substr(kTimeDigits)) !=
                members[i])
            continue;
        result.page.push_back({members[i].substr(kTimeDigits), *redirection, 0});
    }
    const bool counted = co_await count_hits(result.page);
    if (counted) result.outcome = Outcome::done;
    co_return result;
}

}  // namespace redirector::store
