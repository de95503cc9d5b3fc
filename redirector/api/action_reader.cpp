#include "redirector/api/action_reader.hpp"

#include "redirector/scan/index.hpp"

#include <algorithm>
#include <limits>

namespace redirector::api {
namespace {

using scan::StreamId;
using store::RedisReply;

constexpr std::size_t kFirstBatch = 4;
constexpr std::size_t kLastBatch = 64;
constexpr std::uint64_t kTop = std::numeric_limits<std::uint64_t>::max();

// The value of the one field of a stream entry, [id, [field, value]]; empty when it is of another
// form.
std::string entry_value(const RedisReply& entry) {
    const bool formed = entry.elements.size() == 2 && entry.elements[1].elements.size() == 2 &&
                        entry.elements[1].elements[0].text == scan::kEntryField;
    return formed ? entry.elements[1].elements[1].text : std::string();
}

}  // namespace

Awaitable<std::optional<scan::Position>> ActionReader::next() {
    std::optional<scan::Position> position = merge_.next();
    while (!position && !merge_.wanted().empty() && !failed_) {
        co_await fetch();
        position = merge_.next();
    }
    co_return position;
}

std::span<const std::uint8_t> ActionReader::record_at(const scan::Position& position) const {
    const auto& entries = entries_[position.bucket];
    const auto found = entries.find(position.entry);
    if (found == entries.end() || position.index >= found->second.records.size()) return {};
    return found->second.records[position.index];
}

std::optional<scan::Scan> ActionReader::scan_at(const scan::Position& position) const {
    const auto record = record_at(position);
    return record.empty() ? std::nullopt : scan::decode(record);
}

Awaitable<std::vector<RedisReply>> ActionReader::ask(std::vector<store::Command> commands) {
    std::vector<RedisReply> answers;
    auto replies = co_await redis_.execute(std::move(commands));
    failed_ = failed_ || !replies || std::ranges::any_of(*replies, &RedisReply::is_error);
    if (!failed_) answers = std::move(*replies);
    co_return answers;
}

Awaitable<void> ActionReader::fetch() {
    const Fetches wanted = merge_.wanted();
    batch_ = std::clamp(batch_ * 2, kFirstBatch, kLastBatch);
    std::vector<Fetched> found;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        found.push_back({std::map<StreamId, std::string, Sooner>(Sooner{range_.order}), true});
    if (range_.indexes.empty()) {
        co_await fetch_streams(wanted, found);
    } else {
        co_await fetch_indexed(wanted, found);
    }
    for (std::size_t i = 0; i < wanted.size() && !failed_; ++i)
        keep(wanted[i].bucket, std::move(found[i]));
}

ActionReader::From ActionReader::bounded(From from) const {
    const StreamId first{range_.first_ms, 0};
    const StreamId last{range_.last_ms, kTop};
    if (from.id > last && range_.order == scan::Order::newest_first) return {last, false};
    if (from.id < first && range_.order == scan::Order::oldest_first) return {first, false};
    return from;
}

store::Command ActionReader::entries_of(const scan::Partition& here, const From& from) const {
    const std::string begin = (from.behind ? "(" : "") + scan::to_string(from.id);
    const std::string count = std::to_string(batch_);
    if (range_.order == scan::Order::newest_first) {
        const std::string first = scan::to_string({range_.first_ms, 0});
        return {"XREVRANGE", scan::stream_key(here), begin, first, "COUNT", count};
    }
    const std::string last = scan::to_string({range_.last_ms, kTop});
    return {"XRANGE", scan::stream_key(here), begin, last, "COUNT", count};
}

// Of an index, or of what is left of entries.
store::Command ActionReader::members_of(const std::string& key, const From& from) const {
    const std::string count = std::to_string(batch_);
    if (range_.order == scan::Order::newest_first) {
        return {"ZREVRANGEBYLEX",
                key,
                from.behind ? scan::members_before(from.id) : scan::members_up_to(from.id),
                scan::members_from({range_.first_ms, 0}),
                "LIMIT",
                "0",
                count};
    }
    return {"ZRANGEBYLEX",
            key,
            from.behind ? scan::members_behind(from.id) : scan::members_from(from.id),
            scan::members_up_to({range_.last_ms, kTop}),
            "LIMIT",
            "0",
            count};
}

// Several sources were each asked for a batch: only the first batch of all is known to be whole.
void ActionReader::cut(Fetched& found) const {
    if (found.values.size() <= batch_) return;
    found.values.erase(std::next(found.values.begin(), static_cast<std::ptrdiff_t>(batch_)),
                       found.values.end());
    found.last = false;
}

// The next of the stream and of what is left of its entries.
Awaitable<void> ActionReader::fetch_streams(const Fetches& wanted, std::vector<Fetched>& found) {
    std::vector<store::Command> commands;
    for (const auto& fetch : wanted) {
        const From from = bounded(fetch.from);
        const scan::Partition here = partition(fetch.bucket);
        commands.push_back(entries_of(here, from));
        commands.push_back(members_of(scan::remains_key(here), from));
    }
    const std::vector<RedisReply> replies = co_await ask(std::move(commands));
    for (std::size_t i = 0; i < wanted.size() && !failed_; ++i) {
        const RedisReply& stream = replies[2 * i];
        const RedisReply& remains = replies[2 * i + 1];
        Fetched& one = found[i];
        for (const RedisReply& entry : stream.elements) {
            const auto id = entry.elements.empty() ? std::nullopt
                                                   : scan::parse_stream_id(entry.elements[0].text);
            if (id) one.values.emplace(*id, entry_value(entry));
        }
        for (const RedisReply& member : remains.elements) {
            if (const auto left = scan::parse_remains(member.text))
                one.values.emplace(left->id, std::string(left->value));
        }
        one.last = stream.elements.size() < batch_ && remains.elements.size() < batch_;
        cut(one);
    }
}

// The next members of the indexes, then the entries that they name.
Awaitable<void> ActionReader::fetch_indexed(const Fetches& wanted, std::vector<Fetched>& found) {
    std::vector<store::Command> commands;
    for (const auto& fetch : wanted) {
        const From from = bounded(fetch.from);
        for (const std::string& index : range_.indexes)
            commands.push_back(members_of(scan::index_key(partition(fetch.bucket), index), from));
    }
    const std::vector<RedisReply> replies = co_await ask(std::move(commands));
    for (std::size_t i = 0; i < replies.size(); ++i) {
        Fetched& one = found[i / range_.indexes.size()];
        for (const RedisReply& member : replies[i].elements) {
            if (const auto id = scan::parse_index_member(member.text)) one.values.emplace(*id, "");
        }
        if (replies[i].elements.size() >= batch_) one.last = false;
    }
    if (failed_) co_return;
    for (Fetched& one : found)
        cut(one);
    co_await fetch_entries(wanted, found);
}

// Fills in the values: from the stream, and of those that are not there from what is left of them.
Awaitable<void> ActionReader::fetch_entries(const Fetches& wanted, std::vector<Fetched>& found) {
    for (const bool in_stream : {true, false}) {
        std::vector<store::Command> commands;
        std::vector<std::string*> lacking;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const scan::Partition here = partition(wanted[i].bucket);
            for (auto& [id, value] : found[i].values) {
                if (!value.empty()) continue;
                lacking.push_back(&value);
                const std::string text = scan::to_string(id);
                commands.push_back(
                    in_stream ? store::Command{"XRANGE", scan::stream_key(here), text, text}
                              : store::Command{"ZRANGEBYLEX", scan::remains_key(here),
                                               scan::members_from(id), scan::members_up_to(id)});
            }
        }
        if (commands.empty()) co_return;
        const std::vector<RedisReply> replies = co_await ask(std::move(commands));
        for (std::size_t i = 0; i < replies.size(); ++i) {
            if (replies[i].elements.empty()) continue;
            const RedisReply& entry = replies[i].elements.front();
            const auto left = in_stream ? std::nullopt : scan::parse_remains(entry.text);
            *lacking[i] = in_stream ? entry_value(entry)
                          : left    ? std::string(left->value)
                                    : std::string();
        }
    }
}

// An entry that is gone or cannot be read counts as one action that scan_at() does not find, so that
// the list goes on behind it.
void ActionReader::keep(unsigned bucket, Fetched found) {
    auto& entries = entries_[bucket];
    entries.clear();
    std::vector<scan::FetchedEntry> merged;
    for (auto& [id, value] : found.values) {
        Entry& entry = entries[id];
        entry.value = std::move(value);
        if (auto records = scan::unpack(entry.value)) entry.records = std::move(*records);
        const auto count = static_cast<unsigned>(entry.records.size());
        merged.push_back({id, std::max(count, 1U)});
    }
    merge_.fetched(bucket, merged, found.last);
}

std::span<const std::uint8_t> record_in(std::string_view value, unsigned index) {
    const auto records = scan::unpack(value);
    if (!records || index >= records->size()) return {};
    return (*records)[index];
}

Awaitable<std::optional<std::vector<std::string>>> read_entries(
    store::RedisClient& redis, std::string account, std::vector<scan::Position> positions) {
    std::vector<store::Command> commands;
    for (const scan::Position& position : positions) {
        const scan::Partition here{account, position.bucket};
        const std::string id = scan::to_string(position.entry);
        commands.push_back({"XRANGE", scan::stream_key(here), id, id});
        commands.push_back({"ZRANGEBYLEX", scan::remains_key(here),
                            scan::members_from(position.entry),
                            scan::members_up_to(position.entry)});
    }
    std::optional<std::vector<std::string>> values;
    if (commands.empty()) {
        values.emplace();
        co_return values;
    }
    const auto replies = co_await redis.execute(std::move(commands));
    if (!replies || std::ranges::any_of(*replies, &RedisReply::is_error)) co_return values;
    values.emplace();
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const RedisReply& stream = (*replies)[2 * i];
        const RedisReply& remains = (*replies)[2 * i + 1];
        std::string& value = values->emplace_back();
        if (!stream.elements.empty()) {
            value = entry_value(stream.elements.front());
        } else if (!remains.elements.empty()) {
            if (const auto left = scan::parse_remains(remains.elements.front().text))
                value = left->value;
        }
    }
    co_return values;
}

Awaitable<std::optional<std::string>> read_entry(store::RedisClient& redis,
                                                 std::string account,
                                                 scan::Position position) {
    std::vector<scan::Position> positions{position};
    auto values = co_await read_entries(redis, std::move(account), std::move(positions));
    std::optional<std::string> value;
    if (values) value = std::move(values->front());
    co_return value;
}

}  // namespace redirector::api
