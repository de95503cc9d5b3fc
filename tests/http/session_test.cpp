// One connection over a real loopback socket: whole bytes in, whole bytes out.
#include "tests/http/live_server.hpp"
#include "tests/http/request_vectors.hpp"

#include <gtest/gtest.h>

namespace redirector::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kRedirect =
    "HTTP/1.1 307 Temporary Redirect\r\n"
    "Server: redirector\r\n"
    "Location: https://example.com/landing\r\n"
    "Cache-Control: private, no-store\r\n"
    "Content-Length: 0\r\n"
    "\r\n";

std::string text_reply(std::string_view body, std::string_view connection = "") {
    std::string reply = "HTTP/1.1 200 OK\r\nServer: redirector\r\n";
    reply.append(connection).append("Content-Type: text/plain\r\nContent-Length: ");
    reply.append(std::to_string(body.size())).append("\r\n\r\n");
    return reply.append(body);
}

std::string exchange(std::uint16_t port, std::string_view request) {
    Client client(port);
    client.send(request);
    client.finish_sending();
    return without_date(client.receive_all());
}

TEST(Session, AnswersARedirectWithTheseBytes) {
    LiveServer server;
    EXPECT_EQ(exchange(server.port(), "GET /redirect HTTP/1.1\r\nHost: tn.gg\r\n\r\n"), kRedirect);
}

TEST(Session, AnswersPipelinedRequestsInOrderEvenWhenOneIsSlow) {
    LiveServer server;
    EXPECT_EQ(exchange(server.port(),
                       "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                       "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
                       "POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
                       "GET /redirect HTTP/1.1\r\nHost: a\r\n\r\n"),
              text_reply("GET /1 host=a body=\n") + text_reply("GET /later host=a body=\n") +
                  text_reply("POST /3 host=a body=body\n") + std::string(kRedirect));
}

TEST(Session, KeepsTheConnectionByTheRulesOfTheVersion) {
    LiveServer server;
    const std::string closing = text_reply("GET /x host=a body=\n", "Connection: close\r\n");
    const std::string second = "GET /y HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(
        exchange(server.port(), "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + second),
        closing);
    EXPECT_EQ(exchange(server.port(), "GET /x HTTP/1.0\r\nHost: a\r\n\r\n" + second), closing);
    EXPECT_EQ(exchange(server.port(),
                       "GET /x HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n" + second),
              text_reply("GET /x host=a body=\n", "Connection: keep-alive\r\n") +
                  text_reply("GET /y host=a body=\n"));
}

TEST(Session, ClosesWhenTheReplyAsksForIt) {
    LiveServer server;
    Client client(server.port());
    client.send("GET /close HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(without_date(client.receive_all()),
              text_reply("GET /close host=a body=\n", "Connection: close\r\n"));
    EXPECT_TRUE(client.closed());
}

// The status codes of all final replies, "200 404".
std::string statuses_of(const std::string& replies) {
    std::string statuses;
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    for (std::size_t at = 0; (at = replies.find(kVersion, at)) != replies.npos; ++at) {
        if (!statuses.empty()) statuses += ' ';
        statuses += replies.substr(at + kVersion.size(), 3);
    }
    return statuses;
}

TEST(Session, AnswersEveryVectorAsTheStandardAsks) {
    LiveServer server;
    for (const auto& vectors : {head_vectors(), framing_vectors()}) {
        for (const RequestVector& vector : vectors) {
            EXPECT_EQ(statuses_of(exchange(server.port(), vector.bytes)), vector.statuses)
                << vector.name;
        }
    }
}

TEST(Session, RefusesWithTheReasonAndTheEndOfTheConnection) {
    LiveServer server;
    EXPECT_EQ(exchange(server.port(), "GET / HTTP/1.1\r\n\r\n"),
              "HTTP/1.1 400 Bad Request\r\nServer: redirector\r\nConnection: close\r\n"
              "Content-Type: text/plain\r\nContent-Length: 26\r\n\r\nThe Host field is missing.");
    EXPECT_EQ(server.counters().refusals.get(), 1U);
    EXPECT_EQ(server.counters().requests.get(), 1U);
}

TEST(Session, SeesTheSameWhereverTheBytesAreCut) {
    LiveServer server;
    const std::string requests =
        "HEAD /1?a HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        "PUT /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nde"
        "GET /redirect HTTP/1.1\r\nHost: a\r\n\r\n"
        "BAD\r\n\r\n";
    const std::string whole = exchange(server.port(), requests);
    EXPECT_EQ(statuses_of(whole), "200 200 200 307 400");
    for (std::size_t cut = 1; cut < requests.size(); ++cut) {
        Client client(server.port());
        const std::uint64_t before = server.counters().bytes_in.get();
        client.send(std::string_view(requests).substr(0, cut));
        ASSERT_TRUE(eventually([&] { return server.counters().bytes_in.get() == before + cut; }));
        client.send(std::string_view(requests).substr(cut));
        client.finish_sending();
        ASSERT_EQ(without_date(client.receive_all()), whole) << "cut at " << cut;
    }
}

// The loop looks only once both are there, so that one event stands for the two.
TEST(Session, EndsWhenTheClientsEndCameWithItsLastRequest) {
    const std::string request = "GET /redirect HTTP/1.1\r\nHost: tn.gg\r\n\r\n";
    net::io_context context(kConcurrencyHint);
    StubApp app;
    Options options;
    options.port = 0;
    Server server(context, app, options);
    const auto port = server.listen();
    ASSERT_TRUE(port);
    Client client(*port);
    client.send(request);
    ASSERT_TRUE(eventually([&] {
        context.poll();
        return server.counters().requests.get() == 1;
    }));
    client.send(request);
    client.finish_sending();
    EXPECT_TRUE(eventually([&] {
        context.poll();
        return server.counters().requests.get() == 2 && server.counters().open.get() == 0;
    }));
}

TEST(Session, AnswersHeadWithoutABody) {
    LiveServer server;
    const std::string get = exchange(server.port(), "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string head = exchange(server.port(), "HEAD /xy HTTP/1.1\r\nHost: \r\n\r\n");
    EXPECT_EQ(statuses_of(head), "400");
    EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
    EXPECT_EQ(exchange(server.port(), "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"),
              get.substr(0, get.find("\r\n\r\n") + 4));
}

TEST(Session, InvitesABodyThatTheClientHoldsBack) {
    LiveServer server;
    Client client(server.port());
    client.send("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    EXPECT_EQ(client.receive_reply(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body");
    EXPECT_EQ(without_date(client.receive_reply()), text_reply("POST /x host=a body=body\n"));
}

TEST(Session, InvitesNoBodyThatItWillNotRead) {
    LiveServer server;
    const std::string expect = "Expect: 100-continue\r\n";
    EXPECT_EQ(statuses_of(exchange(server.port(), "POST / HTTP/1.1\r\nHost: a\r\n" + expect +
                                                      "Content-Length: 99999999\r\n\r\n")),
              "413");
    EXPECT_EQ(statuses_of(exchange(server.port(), "GET / HTTP/1.1\r\nHost: a\r\n" + expect +
                                                      "Content-Length: 4\r\n\r\n")),
              "200");
    EXPECT_EQ(statuses_of(exchange(server.port(),
                                   "POST / HTTP/1.0\r\n" + expect + "Content-Length: 1\r\n\r\nx")),
              "200");
}

// The answer must arrive although the client is still sending, and no reset may overtake it.
TEST(Session, DeliversItsAnswerToAClientThatStillSends) {
    LiveServer server;
    const std::string body(512 * 1024, 'b');
    const std::string head = " / HTTP/1.1\r\nHost: a\r\nContent-Length: 524288\r\n\r\n";
    for (const auto& [method, status] : {std::pair{"POST", "413"}, std::pair{"GET", "200"}}) {
        Client client(server.port());
        client.send(method + head);
        EXPECT_TRUE(client.send(body));
        client.finish_sending();
        EXPECT_EQ(statuses_of(client.receive_all()), status);
        EXPECT_TRUE(client.closed()) << method;
    }
}

TEST(Session, StopsListeningToAClientThatNeverStopsSending) {
    Options options;
    options.limits.linger = 256 * 1024;
    LiveServer server(std::move(options));
    Client client(server.port());
    client.send("BAD\r\n\r\n");
    const std::string flood(64 * 1024, 'x');
    int sent = 0;
    while (sent < 10'000 && client.send(flood))
        ++sent;
    EXPECT_LT(sent, 10'000);
    EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 0; }));
}

TEST(Session, WritesALargeReplyWhole) {
    LiveServer server;
    const std::string reply =
        exchange(server.port(), "GET /large?5000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(reply, text_reply(std::string(5'000'000, 'x')));
}

TEST(Session, AnswersManyMoreRequestsThanOneTurnTakes) {
    LiveServer server;
    std::string requests;
    std::string replies;
    for (int i = 0; i < 1000; ++i) {
        const std::string path = "/" + std::to_string(i);
        requests += "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
        replies += text_reply("GET " + path + " host=a body=\n");
    }
    EXPECT_EQ(exchange(server.port(), requests), replies);
}

// Whatever has no end is stopped early: what the server took of it is the buffer, and what it read
// and dropped while lingering.
TEST(Session, TakesLittleOfWhatHasNoEnd) {
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string endless[][2] = {
        {"GET /", "aaaaaaaaaaaaaaaa"},
        {"GET / HTTP/1.1\r\nHost: ", "aaaaaaaaaaaaaaaa"},
        {"GET / HTTP/1.1\r\nHost: a\r\n", "X: yyyyyyyyyyyyy\r\n"},
        {post + "1;", "xxxxxxxxxxxxxxxx"},
        {post, "1;xxxxxxxx\r\nb\r\n"},
        {post + "0\r\n", "X: yyyyyyyyyyyyy\r\n"},
        {post, "0000000000000000"},
        {post, "10\r\n0123456789abcdef\r\n"},
    };
    for (const auto& [start, more] : endless) {
        Options options;
        options.limits.linger = 64 * 1024;
        LiveServer server(std::move(options));
        Client client(server.port());
        client.send(start);
        std::string block;
        while (block.size() < 64 * 1024)
            block += more;
        for (int i = 0; i < 200 && client.send(block); ++i) {
        }
        EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 0; })) << start << more;
        EXPECT_EQ(server.counters().refusals.get(), 1U) << start << more;
        EXPECT_LE(server.counters().bytes_in.get(), 128U * 1024) << start << more;
    }
}

// A client that asks for much and reads nothing must not make the server gather it all.
TEST(Session, StopsReadingWhileRepliesWait) {
    LiveServer server;
    Client client(server.port(), 4096);
    std::string requests;
    for (int i = 0; i < 2000; ++i)
        requests += "GET /large?100000 HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(requests);
    std::this_thread::sleep_for(100ms);
    EXPECT_LT(server.counters().requests.get(), 200U);
    EXPECT_EQ(client.receive(300'000).size(), 300'000U);
}

}  // namespace
}  // namespace redirector::http
