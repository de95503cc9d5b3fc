#include "redirector/action_export.hpp"

#include "redirector/scan/index.hpp"
#include "redirector/text.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace redirector {
namespace {

using scan::kBuckets;
using scan::StreamId;

// The next line of `text`, which is moved on.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

std::string behind(StreamId id) {
    return "(" + scan::to_string(id);
}

}  // namespace

std::string to_text(const ExportPlace& place) {
    std::string text = place.account + "\n" + std::to_string(place.bytes) + "\n";
    for (const StreamId& id : place.last)
        text.append(scan::to_string(id)).append("\n");
    return text;
}

std::optional<ExportPlace> parse_export_place(std::string_view text) {
    ExportPlace place;
    place.account = take_line(text);
    const auto bytes = to_number<decltype(place.bytes)>(take_line(text));
    if (place.account.empty() || place.account.size() > 64 || !bytes) return std::nullopt;
    place.bytes = *bytes;
    for (StreamId& id : place.last) {
        const auto parsed = scan::parse_stream_id(take_line(text));
        if (!parsed) return std::nullopt;
        id = *parsed;
    }
    if (!text.empty()) return std::nullopt;
    return place;
}

Awaitable<std::optional<ActionExport::Entry>> ActionExport::next() {
    std::optional<Entry> oldest;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
        if (!entries_[bucket].empty() || dry_[bucket]) continue;
        co_await fetch();
        break;
    }
    if (failed_) co_return oldest;
    unsigned best = kBuckets;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
        if (entries_[bucket].empty()) continue;
        if (best == kBuckets || entries_[bucket].front().id < entries_[best].front().id)
            best = bucket;
    }
    if (best == kBuckets) {
        dry_ = {};  // whoever asks again looks again
        co_return oldest;
    }
    oldest = std::move(entries_[best].front());
    entries_[best].pop_front();
    place_.last[best] = oldest->id;
    co_return oldest;
}

// The next entries of every partition that has none.
Awaitable<void> ActionExport::fetch() {
    const std::string limit = std::to_string(kEntriesAtOnce);
    std::vector<unsigned> wanted;
    std::vector<store::Command> batch;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
        if (!entries_[bucket].empty() || dry_[bucket]) continue;
        wanted.push_back(bucket);
        const scan::Partition partition{place_.account, bucket};
        const std::string after = scan::members_up_to(place_.last[bucket]);
        const std::string end = ends_ ? scan::to_string((*ends_)[bucket]) : "+";
        const std::string last_member = ends_ ? scan::members_up_to((*ends_)[bucket]) : "+";
        batch.push_back({"XRANGE", scan::stream_key(partition), behind(place_.last[bucket]), end,
                         "COUNT", limit});
        batch.push_back({"ZRANGEBYLEX", scan::remains_key(partition), "(" + after.substr(1),
                         last_member, "LIMIT", "0", limit});
    }
    const auto replies = co_await redis_.execute(std::move(batch));
    if (!replies || std::ranges::any_of(*replies, &store::RedisReply::is_error)) {
        failed_ = true;
        co_return;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i)
        take(wanted[i], (*replies)[2 * i], (*replies)[2 * i + 1]);
}

// Both in the order of their ids, as far as both are known.
void ActionExport::take(unsigned bucket,
                        const store::RedisReply& entries,
                        const store::RedisReply& remains) {
    std::map<StreamId, std::string> found;
    std::optional<StreamId> known_to;
    const auto bound = [&known_to](const store::RedisReply& reply, StreamId last) {
        if (reply.elements.size() < kEntriesAtOnce) return;
        known_to = known_to ? std::min(*known_to, last) : last;
    };
    StreamId last;
    for (const store::RedisReply& member : remains.elements) {
        const auto left = scan::parse_remains(member.text);
        if (!left) continue;
        last = left->id;
        found[last] = left->value;
    }
    bound(remains, last);
    for (const store::RedisReply& entry : entries.elements) {
        if (entry.elements.size() != 2 || entry.elements[1].elements.size() < 2) continue;
        const auto id = scan::parse_stream_id(entry.elements[0].text);
        if (!id) continue;
        last = *id;
        found[last] = entry.elements[1].elements[1].text;
    }
    bound(entries, last);
    for (auto& [id, value] : found) {
        if (!known_to || id <= *known_to)
            entries_[bucket].push_back(Entry{bucket, id, std::move(value)});
    }
    dry_[bucket] = entries_[bucket].empty();
}

Awaitable<std::optional<std::uint64_t>> ActionExport::count() {
    std::vector<store::Command> batch;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket)
        batch.push_back({"XLEN", scan::stream_key({place_.account, bucket})});
    const auto replies = co_await redis_.execute(std::move(batch));
    std::optional<std::uint64_t> sum;
    if (!replies || std::ranges::any_of(*replies, &store::RedisReply::is_error)) co_return sum;
    sum = 0;
    for (const store::RedisReply& reply : *replies)
        *sum += static_cast<std::uint64_t>(reply.integer);
    co_return sum;
}

Awaitable<bool> ActionExport::skip_to_end() {
    std::vector<store::Command> batch;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket)
        batch.push_back(
            {"XREVRANGE", scan::stream_key({place_.account, bucket}), "+", "-", "COUNT", "1"});
    const auto replies = co_await redis_.execute(std::move(batch));
    if (!replies || std::ranges::any_of(*replies, &store::RedisReply::is_error)) co_return false;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
        const auto& elements = (*replies)[bucket].elements;
        if (elements.empty() || elements[0].elements.empty()) continue;
        if (const auto id = scan::parse_stream_id(elements[0].elements[0].text))
            place_.last[bucket] = *id;
    }
    co_return true;
}

}  // namespace redirector
