#include "redirector/store/redis_protocol.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace redirector::store {
namespace {

using Type = RedisReply::Type;
using namespace std::chrono_literals;
using namespace std::string_literals;

RedisReply text(std::string value) {
    return {.type = Type::text, .integer = 0, .text = std::move(value), .elements = {}};
}
RedisReply number(std::int64_t value) {
    return {.type = Type::integer, .integer = value, .text = {}, .elements = {}};
}

// What a batch ended with.
struct Outcome {
    boost::system::error_code error;
    std::vector<RedisReply> replies;
    int calls = 0;
};

class Protocol {
  public:
    explicit Protocol(ReplyLimits limits = {}, bool subscriber = false)
        : protocol_(limits, subscriber) {}

    void push(std::size_t commands, Outcome& outcome, RedisProtocol::TimePoint expires = {}) {
        std::vector<Command> batch(commands, Command{"PING"});
        protocol_.push(batch, expires, [&outcome](boost::system::error_code error, auto replies) {
            outcome = {error, std::move(replies), outcome.calls + 1};
        });
    }

    boost::system::error_code feed(std::string_view bytes) {
        std::vector<RedisProtocol::Finished> finished;
        const auto error = protocol_.feed(bytes, finished, messages);
        call(std::move(finished));
        return error;
    }

    void fail_all(boost::system::error_code error, RedisProtocol::TimePoint now = {}) {
        call(protocol_.fail_all(error, now));
    }

    RedisProtocol& operator*() { return protocol_; }

    std::vector<RedisReply> messages;

  private:
    static void call(std::vector<RedisProtocol::Finished> finished) {
        for (auto& batch : finished)
            std::move(batch.handler)(batch.error, std::move(batch.replies));
    }

    RedisProtocol protocol_;
};

// Every kind of value, nested, with CR LF and zero bytes inside.
const std::string kReplies =
    "+OK\r\n"
    ":-42\r\n"
    "$-1\r\n"
    "*-1\r\n"
    "$0\r\n\r\n"
    "$6\r\na\r\nb\0c\r\n"
    "-ERR no\r\n"
    "*3\r\n$1\r\nx\r\n*2\r\n:1\r\n*1\r\n$-1\r\n*0\r\n"s;

void expect_every_kind(const std::vector<RedisReply>& replies) {
    ASSERT_EQ(replies.size(), 8u);
    EXPECT_EQ(replies[0].type, Type::status);
    EXPECT_EQ(replies[0].text, "OK");
    EXPECT_EQ(replies[1], number(-42));
    EXPECT_TRUE(replies[2].is_nil());
    EXPECT_TRUE(replies[3].is_nil());
    EXPECT_EQ(replies[4], text(""));
    EXPECT_EQ(replies[5], text(std::string("a\r\nb\0c", 6)));
    EXPECT_TRUE(replies[6].is_error());
    EXPECT_EQ(replies[6].text, "ERR no");
    ASSERT_EQ(replies[7].elements.size(), 3u);
    EXPECT_EQ(replies[7].elements[0], text("x"));
    ASSERT_EQ(replies[7].elements[1].elements.size(), 2u);
    EXPECT_EQ(replies[7].elements[1].elements[0], number(1));
    EXPECT_EQ(replies[7].elements[1].elements[1].elements, std::vector<RedisReply>(1));
    EXPECT_EQ(replies[7].elements[2].type, Type::array);
}

TEST(RedisProtocol, EncodesCommandsAsArraysOfBulkStrings) {
    std::string out;
    append_command(out, {"SET", std::string("k\0\r\n", 4), ""});
    EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$4\r\nk\0\r\n\r\n$0\r\n\r\n"s);
    EXPECT_LE(out.size(), encoded_size_bound({{"SET", std::string("k\0\r\n", 4), ""}}));
}

TEST(RedisProtocol, QueuesBatchesAsOneOutput) {
    Protocol protocol;
    Outcome a, b;
    protocol.push(1, a);
    protocol.push(2, b);
    EXPECT_EQ((*protocol).commands_in_flight(), 3u);
    EXPECT_EQ((*protocol).take_output(),
              "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n");
    EXPECT_EQ((*protocol).output_bytes(), 0u);
}

TEST(RedisProtocol, ReadsEveryKindOfReplyCutAtEveryOffset) {
    for (std::size_t cut = 0; cut <= kReplies.size(); ++cut) {
        Protocol protocol;
        Outcome outcome;
        protocol.push(8, outcome);
        EXPECT_FALSE(protocol.feed(std::string_view(kReplies).substr(0, cut)));
        EXPECT_EQ(outcome.calls, cut == kReplies.size() ? 1 : 0) << cut;
        EXPECT_FALSE(protocol.feed(std::string_view(kReplies).substr(cut)));
        EXPECT_EQ(outcome.calls, 1);
        expect_every_kind(outcome.replies);
    }
}

TEST(RedisProtocol, ReadsRepliesByteByByte) {
    Protocol protocol;
    Outcome outcome;
    protocol.push(8, outcome);
    for (const char& byte : kReplies)
        EXPECT_FALSE(protocol.feed({&byte, 1}));
    expect_every_kind(outcome.replies);
    EXPECT_EQ((*protocol).commands_in_flight(), 0u);
}

TEST(RedisProtocol, MatchesRepliesToBatchesByPosition) {
    Protocol protocol;
    Outcome first, second;
    protocol.push(2, first);
    protocol.push(1, second);
    EXPECT_FALSE(protocol.feed(":1\r\n:2\r\n:3\r\n"));
    EXPECT_EQ(first.replies, (std::vector<RedisReply>{number(1), number(2)}));
    EXPECT_EQ(second.replies, (std::vector<RedisReply>{number(3)}));
}

TEST(RedisProtocol, KeepsPushedMessagesApartFromReplies) {
    Protocol protocol({}, true);
    Outcome outcome;
    protocol.push(1, outcome);
    EXPECT_FALSE(protocol.feed("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n*1\r\n$3\r\nkey\r\n"));
    EXPECT_EQ(outcome.calls, 0);
    EXPECT_FALSE(protocol.feed(
        "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n*-1\r\n"));
    EXPECT_EQ(outcome.calls, 1);
    ASSERT_EQ(protocol.messages.size(), 2u);
    EXPECT_EQ(protocol.messages[0].elements[2].elements[0], text("key"));
    EXPECT_TRUE(protocol.messages[1].elements[2].is_nil());
}

TEST(RedisProtocol, RefusesAnAnswerThatNothingAskedFor) {
    Protocol protocol;
    EXPECT_EQ(protocol.feed("+OK\r\n"), RedisError::protocol);
}

TEST(RedisProtocol, RefusesBytesThatAreNotTheProtocol) {
    for (const char* bytes :
         {"HTTP/1.1 400 Bad Request\r\n", "%1\r\n", ":4x\r\n", "$x\r\n", "*9999999999\r\n"}) {
        Protocol protocol;
        Outcome outcome;
        protocol.push(1, outcome);
        EXPECT_EQ(protocol.feed(bytes), RedisError::protocol) << bytes;
        EXPECT_EQ(outcome.calls, 0);
        protocol.fail_all(RedisError::protocol);
        EXPECT_EQ(outcome.error, RedisError::protocol);
    }
}

TEST(RedisProtocol, RefusesRepliesBeyondTheLimits) {
    const ReplyLimits limits{.bytes = 100, .elements = 4};
    const auto refused = [&](std::string_view bytes) {
        Protocol protocol(limits);
        Outcome outcome;
        protocol.push(9, outcome);
        return protocol.feed(bytes) == RedisError::protocol;
    };
    EXPECT_FALSE(refused("*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n"));
    EXPECT_TRUE(refused("*5\r\n"));
    EXPECT_TRUE(refused("*2\r\n*2\r\n:1\r\n:2\r\n*1\r\n:3\r\n"));  // 5 in all, 2 at a time
    EXPECT_TRUE(refused("$1000000\r\n" + std::string(100, 'x')));
    EXPECT_FALSE(
        refused("$80\r\n" + std::string(80, 'x') + "\r\n$80\r\n" + std::string(80, 'x') + "\r\n"));
    EXPECT_TRUE(refused("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"));  // depth
}

TEST(RedisProtocol, TellsThoseWhoseTimeWasUpFromThoseWhoLostTheConnection) {
    const RedisProtocol::TimePoint now(10s);
    Protocol protocol;
    Outcome late, early;
    protocol.push(1, late, now - 1ms);
    protocol.push(1, early, now + 1ms);
    EXPECT_EQ((*protocol).earliest_deadline(), now - 1ms);
    protocol.fail_all(RedisError::deadline, now);
    EXPECT_EQ(late.error, RedisError::deadline);
    EXPECT_EQ(early.error, RedisError::disconnected);
    EXPECT_EQ((*protocol).earliest_deadline(), RedisProtocol::TimePoint::max());
}

TEST(RedisProtocol, StartsAfreshAfterFailing) {
    Protocol protocol;
    Outcome lost, next;
    protocol.push(1, lost);
    EXPECT_FALSE(protocol.feed("$5\r\nhal"));
    protocol.fail_all(RedisError::disconnected);
    EXPECT_EQ((*protocol).output_bytes(), 0u);
    protocol.push(1, next);
    EXPECT_FALSE(protocol.feed("$2\r\nok\r\n"));
    EXPECT_EQ(next.replies, std::vector<RedisReply>{text("ok")});
    EXPECT_EQ(lost.calls, 1);
}

}  // namespace
}  // namespace redirector::store
