#include "redirector/webhooks/cursor.hpp"

#include "redirector/webhooks/pending.hpp"

#include <gtest/gtest.h>

namespace redirector::webhooks {
namespace {

Cursor some_cursor() {
    Cursor cursor = cursor_at(1'700'000'000'000);
    cursor[3] = {{1'700'000'000'001, 7}, 57};
    cursor[15] = {{281'474'976'710'655, UINT64_MAX}, kWhole - 1};
    return cursor;
}

TEST(Cursor, IsReadAsItWasWritten) {
    EXPECT_EQ(parse_cursor(to_text(some_cursor())), some_cursor());
    EXPECT_EQ(parse_cursor(to_text(Cursor{})), Cursor{});
}

TEST(Cursor, RefusesWhatWasNotWrittenHere) {
    const std::string good = to_text(cursor_at(5));
    ASSERT_TRUE(parse_cursor(good));
    EXPECT_FALSE(parse_cursor(""));
    EXPECT_FALSE(parse_cursor(good + " 5-0"));
    EXPECT_FALSE(parse_cursor(good + " "));
    EXPECT_FALSE(parse_cursor(good.substr(4)));
    EXPECT_FALSE(parse_cursor(good.substr(0, good.size() - 1)));
    for (const char* tail : {"+", "+0", "+1024", "+-1", "+1x", "+99999999999"})
        EXPECT_FALSE(parse_cursor(good + tail)) << tail;
    EXPECT_TRUE(parse_cursor(good + "+1023"));
}

TEST(Cursor, ReadsAnEntryAgainThatWasDeliveredInPart) {
    EXPECT_EQ(read_behind({{5, 3}, kWhole}), (scan::StreamId{5, 3}));
    EXPECT_EQ(read_behind({{5, 3}, 2}), (scan::StreamId{5, 2}));
    EXPECT_EQ(read_behind({{5, 0}, 2}), (scan::StreamId{4, UINT64_MAX}));
}

TEST(Pending, IsReadAsItWasWrittenAsADeadLetterToo) {
    const Pending pending{.id = "msg_1",
                          .from = cursor_at(5),
                          .to = some_cursor(),
                          .actions = 100,
                          .since_ms = 1'700'000'000'000,
                          .tries = 3,
                          .due_ms = 1'700'000'001'000,
                          .redriven = true};
    for (const std::string& text : {to_text(pending), dead_letter(pending, "answered 410", 7)}) {
        const auto read = parse_pending(text);
        ASSERT_TRUE(read);
        EXPECT_EQ(to_text(*read), to_text(pending));
    }
    for (const char* text : {"", "{", "[]", "{}", R"({"id":"x","from":"1","to":"2"})"})
        EXPECT_FALSE(parse_pending(text)) << text;
}

}  // namespace
}  // namespace redirector::webhooks
