#include "redirector/webhooks/cursor.hpp"

#include "redirector/text.hpp"

namespace redirector::webhooks {
namespace {

std::optional<CursorPlace> parse_place(std::string_view word) {
    CursorPlace place;
    if (const std::size_t plus = word.find('+'); plus != word.npos) {
        const auto records = to_number<decltype(place.records)>(word.substr(plus + 1));
        if (!records || *records == 0 || *records >= kWhole) return std::nullopt;
        place.records = *records;
        word = word.substr(0, plus);
    }
    const auto entry = scan::parse_stream_id(word);
    if (!entry) return std::nullopt;
    place.entry = *entry;
    return place;
}

}  // namespace

Cursor cursor_at(std::uint64_t ms) {
    Cursor cursor{};
    for (CursorPlace& place : cursor)
        place.entry = {ms, 0};
    return cursor;
}

std::string to_text(const Cursor& cursor) {
    std::string text;
    for (const CursorPlace& place : cursor) {
        if (!text.empty()) text += ' ';
        text.append(scan::to_string(place.entry));
        if (place.records != kWhole) text.append("+").append(std::to_string(place.records));
    }
    return text;
}

std::optional<Cursor> parse_cursor(std::string_view text) {
    Cursor cursor;
    for (unsigned bucket = 0; bucket < scan::kBuckets; ++bucket) {
        const std::size_t end = text.find(' ');
        if ((end == text.npos) != (bucket + 1 == scan::kBuckets)) return std::nullopt;
        const auto place = parse_place(text.substr(0, end));
        if (!place) return std::nullopt;
        cursor[bucket] = *place;
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return cursor;
}

scan::StreamId read_behind(const CursorPlace& place) {
    const scan::StreamId id = place.entry;
    if (place.records == kWhole) return id;
    if (id.seq > 0) return {id.ms, id.seq - 1};
    return id.ms > 0 ? scan::StreamId{id.ms - 1, UINT64_MAX} : id;
}

}  // namespace redirector::webhooks
