#include "redirector/store/documents.hpp"

#include "redirector/scan/partition.hpp"
#include "redirector/store/keyspace.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace redirector::store {
namespace {

constexpr std::size_t kTimeDigits = 12;

// A batch of changes may be large: as long as a page of them takes, and then some.
constexpr std::chrono::milliseconds kBatchDeadline{5000};

// Metres. Redis looks at every place within the radius, so that a wide one is for few places.
constexpr double kAround = 25'000;
constexpr double kFarAround = 250'000;
constexpr double kAnywhere = 20'040'000;  // half way around
constexpr std::int64_t kFewPlaces = 10'000;

// KEYS[1] is the document; ARGV: its record as read, its new record, then the other commands, each
// as its number of words and the words. Keys of those are declared behind KEYS[1].
constexpr std::string_view kCommitScript =
    "if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end "
    "if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end "
    "local i = 3 "
    "while i <= #ARGV do "
    "local n = tonumber(ARGV[i]) "
    "redis.call(unpack(ARGV, i + 1, i + n)) "
    "i = i + n + 1 "
    "end "
    "return 1";

std::string time_digits(std::int64_t ms) {
    std::string digits(kTimeDigits, '0');
    auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0));
    for (std::size_t i = kTimeDigits; i-- > 0; time >>= 4)
        digits[i] = "0123456789abcdef"[time & 15];
    return digits;
}

Command script_of(const std::string& key, const Change& change) {
    Command command{"EVAL", std::string(kCommitScript), std::to_string(1 + change.along.size()),
                    key};
    for (const Command& other : change.along)
        command.push_back(other.at(1));
    command.push_back(change.before);
    command.push_back(change.after);
    for (const Command& other : change.along) {
        command.push_back(std::to_string(other.size()));
        command.insert(command.end(), other.begin(), other.end());
    }
    return command;
}

// The earlier or later end of what a query may read, as ZRANGEBYLEX spells it.
std::string first_bound(const MemberQuery& query) {
    if (!query.after.empty()) return "(" + query.after;
    return query.not_before > 0 ? "[" + time_digits(query.not_before) : "-";
}
std::string last_bound(const MemberQuery& query) {
    constexpr std::int64_t kLast = (std::int64_t{1} << 48) - 2;
    return query.not_after < kLast ? "(" + time_digits(query.not_after + 1) : "+";
}

}  // namespace

std::string encode_document(std::string_view type, std::string_view json) {
    std::string record;
    record.reserve(type.size() + 1 + json.size());
    return record.append(type).append(" ").append(json);
}

std::optional<DocumentRecord> decode_document(std::string_view record) {
    const auto blank = record.find(' ');
    if (blank == record.npos || blank == 0) return std::nullopt;
    return DocumentRecord{record.substr(0, blank), record.substr(blank + 1)};
}

std::string index_member(std::int64_t created_at, std::string_view id) {
    return time_digits(created_at).append(id);
}

bool is_document_member(std::string_view text) {
    const auto is_time_digit = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    };
    return text.size() > kTimeDigits && text.size() < kTimeDigits + 128 &&
           std::ranges::all_of(text.substr(0, kTimeDigits), is_time_digit);
}

std::string_view id_of_member(std::string_view member) {
    return member.substr(std::min(kTimeDigits, member.size()));
}

std::string Documents::cache_key(std::string_view id) const {
    return keyspace::document(account_, scan::bucket_of(id), id);
}
std::string Documents::index_key(std::string_view index, std::string_view id) const {
    return keyspace::document_index(account_, scan::bucket_of(id), index);
}
std::string Documents::history_key(std::string_view id, std::string_view name) const {
    return keyspace::history(account_, scan::bucket_of(id), id, name);
}
std::string Documents::geo_key(std::string_view id) const {
    return keyspace::places(account_, scan::bucket_of(id));
}

Awaitable<std::optional<std::vector<std::string>>> Documents::read(
    std::span<const std::string> ids) {
    std::vector<Command> batch;
    for (const std::string& id : ids)
        batch.push_back({"GET", cache_key(id)});
    std::optional<std::vector<std::string>> records;
    auto replies = co_await redis_.execute(std::move(batch));
    if (!replies || std::ranges::any_of(*replies, &RedisReply::is_error)) co_return records;
    records.emplace();
    for (RedisReply& reply : *replies)
        records->push_back(std::move(reply.text));
    co_return records;
}

Awaitable<std::vector<Changed>> Documents::commit(std::vector<Change> changes) {
    std::vector<Command> batch;
    for (const Change& change : changes)
        batch.push_back(script_of(cache_key(change.id), change));
    std::vector<Changed> results(changes.size(), Changed::store_down);
    const auto replies = co_await redis_.execute(std::move(batch), kBatchDeadline);
    if (!replies) co_return results;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const RedisReply& reply = replies->at(i);
        if (!reply.is_error()) results[i] = reply.integer == 1 ? Changed::yes : Changed::no;
    }
    co_return results;
}

Awaitable<Changed> Documents::commit(Change change) {
    std::vector<Change> changes;
    changes.push_back(std::move(change));
    const std::vector<Changed> results = co_await commit(std::move(changes));
    co_return results.front();
}

Awaitable<Members> Documents::members(const MemberQuery& query) {
    MemberQuery bounds = query;
    std::string from = first_bound(query);
    std::string to = last_bound(query);
    if (!query.ascending) {
        // Behind `after` is before it, in time.
        bounds.after.clear();
        to = query.after.empty() ? last_bound(query) : "(" + query.after;
        from = first_bound(bounds);
        std::swap(from, to);
    }
    const std::string count = std::to_string(query.limit + 1);
    std::vector<Command> batch;
    for (const std::string& index : query.indexes) {
        for (unsigned bucket = 0; bucket < scan::kBuckets; ++bucket) {
            batch.push_back({query.ascending ? "ZRANGEBYLEX" : "ZREVRANGEBYLEX",
                             keyspace::document_index(account_, bucket, index), from, to, "LIMIT",
                             "0", count});
        }
    }
    Members result;
    const auto replies = co_await redis_.execute(std::move(batch));
    result.store_down = !replies || std::ranges::any_of(*replies, &RedisReply::is_error);
    if (result.store_down) co_return result;
    for (const RedisReply& reply : *replies) {
        for (const RedisReply& member : reply.elements)
            result.members.push_back(member.text);
    }
    std::ranges::sort(result.members);
    result.members.erase(std::unique(result.members.begin(), result.members.end()),
                         result.members.end());
    if (!query.ascending) std::ranges::reverse(result.members);
    result.more = result.members.size() > query.limit;
    result.members.resize(std::min(result.members.size(), query.limit));
    co_return result;
}

Awaitable<std::optional<std::uint64_t>> Documents::count(const std::string& index) {
    std::vector<Command> batch;
    for (unsigned bucket = 0; bucket < scan::kBuckets; ++bucket)
        batch.push_back({"ZCARD", keyspace::document_index(account_, bucket, index)});
    std::optional<std::uint64_t> total;
    const auto replies = co_await redis_.execute(std::move(batch));
    if (!replies || std::ranges::any_of(*replies, &RedisReply::is_error)) co_return total;
    total = 0;
    for (const RedisReply& reply : *replies)
        *total += static_cast<std::uint64_t>(reply.integer);
    co_return total;
}

namespace {

// The same search in every partition of an account.
std::vector<Command> searches(const std::string& account,
                              double latitude,
                              double longitude,
                              double radius,
                              std::size_t limit) {
    latitude = std::clamp(latitude, -kIndexedLatitude, kIndexedLatitude);
    std::vector<Command> batch;
    for (unsigned bucket = 0; bucket < scan::kBuckets; ++bucket) {
        batch.push_back({"GEOSEARCH", keyspace::places(account, bucket), "FROMLONLAT",
                         std::to_string(longitude), std::to_string(latitude), "BYRADIUS",
                         std::to_string(radius), "m", "ASC", "COUNT", std::to_string(limit),
                         "WITHDIST"});
    }
    return batch;
}

// Their replies as one list.
std::vector<Nearby> merge(std::span<const RedisReply> replies, std::size_t limit) {
    std::vector<Nearby> found;
    for (const RedisReply& reply : replies) {
        for (const RedisReply& pair : reply.elements) {
            if (pair.elements.size() != 2) continue;
            Nearby nearby{pair.elements[0].text, 0};
            const std::string& text = pair.elements[1].text;
            std::from_chars(text.data(), text.data() + text.size(), nearby.distance);
            found.push_back(std::move(nearby));
        }
    }
    std::ranges::sort(found, {}, &Nearby::distance);
    if (found.size() > limit) found.resize(limit);
    return found;
}

}  // namespace

Awaitable<std::optional<std::vector<Nearby>>> Documents::near(double latitude,
                                                              double longitude,
                                                              double radius,
                                                              std::size_t limit) {
    std::vector<Command> batch = searches(account_, latitude, longitude, radius, limit);
    std::optional<std::vector<Nearby>> found;
    const auto replies = co_await redis_.execute(std::move(batch));
    if (!replies || std::ranges::any_of(*replies, &RedisReply::is_error)) co_return found;
    found = merge(*replies, limit);
    co_return found;
}

Awaitable<std::optional<std::vector<Nearby>>> Documents::closest(double latitude,
                                                                 double longitude,
                                                                 std::size_t limit) {
    std::vector<Command> batch = searches(account_, latitude, longitude, kAround, limit);
    for (unsigned bucket = 0; bucket < scan::kBuckets; ++bucket)
        batch.push_back({"ZCARD", keyspace::places(account_, bucket)});
    std::optional<std::vector<Nearby>> found;
    const auto replies = co_await redis_.execute(std::move(batch));
    if (!replies || std::ranges::any_of(*replies, &RedisReply::is_error)) co_return found;
    found = merge(std::span(*replies).first(scan::kBuckets), limit);
    std::int64_t places = 0;
    for (const RedisReply& count : std::span(*replies).subspan(scan::kBuckets))
        places += count.integer;
    if (!found->empty() || places == 0) co_return found;
    const double radius = places > kFewPlaces ? kFarAround : kAnywhere;
    co_return co_await near(latitude, longitude, radius, limit);
}

}  // namespace redirector::store
