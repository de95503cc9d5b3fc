#include "redirector/http/request_reader.hpp"

#include "tests/http/request_vectors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <ostream>

namespace redirector::http {
namespace {

constexpr std::size_t kBodyLimit = 64 * 1024;

// What became of some bytes: the statuses as in RequestVector, and each request that was read.
struct Read {
    std::string statuses;
    std::string requests;
    bool operator==(const Read&) const = default;
};

void PrintTo(const Read& read, std::ostream* out) {
    *out << read.statuses << "\n" << read.requests;
}

std::string describe(const Request& request) {
    std::string text = std::to_string(static_cast<int>(request.method));
    text.append(" ").append(request.path).append("?").append(request.query);
    for (const std::string_view field : request.fields)
        text.append("|").append(field);
    return text.append(" ").append(request.body).append("\n");
}

// Feeds a reader as a session does, and answers with what it saw.
class Feeder {
  public:
    void feed(std::string_view bytes) {
        while (!bytes.empty() && !ended_) {
            const std::span<char> room = reader_.room();
            ASSERT_FALSE(room.empty()) << "no room although more is needed";
            const std::size_t size = std::min(room.size(), bytes.size());
            std::memcpy(room.data(), bytes.data(), size);
            reader_.commit(size);
            bytes.remove_prefix(size);
            take_requests();
        }
    }

    const Read& read() const { return read_; }

  private:
    void take_requests() {
        while (!ended_) {
            switch (reader_.next()) {
                case RequestReader::Step::need_more:
                    return;
                case RequestReader::Step::refused:
                    end(reader_.refusal().status);
                    break;
                case RequestReader::Step::body:
                    begin_body();
                    break;
                case RequestReader::Step::complete:
                    complete();
                    break;
            }
        }
    }
    void begin_body() {
        const Method method = reader_.request().method;
        const bool takes = method == Method::post || method == Method::put;
        if (takes) {
            reader_.take_body(kBodyLimit);
        } else {
            left_ = true;
            reader_.leave_body();
        }
    }
    void complete() {
        note(200);
        read_.requests += describe(reader_.request());
        ended_ = left_ || !reader_.keep_alive();
        if (!ended_) reader_.pop();
    }
    void note(int status) {
        if (!read_.statuses.empty()) read_.statuses += ' ';
        read_.statuses += std::to_string(status);
    }
    void end(int status) {
        note(status);
        ended_ = true;
    }

    Limits limits_;
    RequestReader reader_{limits_};
    Read read_;
    bool left_ = false;
    bool ended_ = false;
};

Read read_whole(std::string_view bytes) {
    Feeder feeder;
    feeder.feed(bytes);
    return feeder.read();
}

std::vector<RequestVector> all_vectors() {
    std::vector<RequestVector> all = head_vectors();
    for (RequestVector& vector : framing_vectors())
        all.push_back(std::move(vector));
    return all;
}

TEST(RequestReader, AnswersEveryVectorAsTheStandardAsks) {
    EXPECT_GT(all_vectors().size(), 200U);
    for (const RequestVector& vector : all_vectors()) {
        EXPECT_EQ(read_whole(vector.bytes).statuses, vector.statuses) << vector.name;
    }
}

// Offsets of a long vector are sampled: every one of the first and last 200, each 97th between.
TEST(RequestReader, SeesTheSameWhereverTheBytesAreCut) {
    for (const RequestVector& vector : all_vectors()) {
        const Read whole = read_whole(vector.bytes);
        const std::string_view bytes = vector.bytes;
        for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
            if (cut > 200 && cut + 200 < bytes.size() && cut % 97 != 0) continue;
            Feeder feeder;
            feeder.feed(bytes.substr(0, cut));
            feeder.feed(bytes.substr(cut));
            ASSERT_EQ(feeder.read().statuses, whole.statuses) << vector.name << " cut at " << cut;
            ASSERT_EQ(feeder.read().requests, whole.requests) << vector.name << " cut at " << cut;
        }
    }
}

TEST(RequestReader, SeesTheSameByteByByte) {
    for (const RequestVector& vector : all_vectors()) {
        const Read whole = read_whole(vector.bytes);
        Feeder feeder;
        for (std::size_t at = 0; at < vector.bytes.size(); ++at) {
            feeder.feed(std::string_view(vector.bytes).substr(at, 1));
        }
        EXPECT_EQ(feeder.read(), whole) << vector.name;
    }
}

TEST(RequestReader, GivesPathQueryHostAndFields) {
    const Read read = read_whole(
        "GET /a%20b?c=d HTTP/1.1\r\nhOST: TN.gg:80\r\nUser-Agent: \t phone 1 \r\n"
        "X-Skipped: x\r\nX-Forwarded-For: 1\r\nX-Forwarded-For: 2\r\nAccept: 3\r\nAccept: "
        "4\r\n\r\n");
    // Of fields to which each hop adds a line: all, from the first value to the end of the last.
    EXPECT_EQ(read.requests,
              "0 /a%20b?c=d|tn.gg:80|3||||||phone 1|||1\r\nX-Forwarded-For: 2||| \n");
}

TEST(RequestReader, LetsTheAuthorityOfAnAbsoluteTargetWinOverHost) {
    const Read read = read_whole("GET HTTP://Inner.example:8080?q HTTP/1.1\r\nHost: outer\r\n\r\n");
    EXPECT_EQ(read.requests, "0 /?q|inner.example:8080||||||||||||| \n");
}

TEST(RequestReader, TakesNothingFromATrailer) {
    const Read read = read_whole(
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n0\r\nAuthorization: k\r\nX-Forwarded-For: 1\r\nHost: b\r\n\r\n");
    EXPECT_EQ(read.requests, "2 /x?|a||||||||||||| abc\n");
}

TEST(RequestReader, RefusesABodyByItsPromisedLengthBeforeReadingIt) {
    Limits limits;
    RequestReader reader(limits);
    const std::string_view head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
    std::memcpy(reader.room().data(), head.data(), head.size());
    reader.commit(head.size());
    ASSERT_EQ(reader.next(), RequestReader::Step::body);
    EXPECT_FALSE(reader.take_body(9));
    EXPECT_EQ(reader.next(), RequestReader::Step::refused);
    EXPECT_EQ(reader.refusal().status, 413);
}

}  // namespace
}  // namespace redirector::http
