// One connection over a real loopback socket: whole bytes in, whole bytes out.
#include "tests/http/live_server.hpp"

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

}  // namespace
}  // namespace redirector::http
