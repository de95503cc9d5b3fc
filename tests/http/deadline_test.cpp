// Slow and silent clients, with deadlines shortened to fractions of a second.
#include "tests/http/live_server.hpp"

#include <gtest/gtest.h>

namespace redirector::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

Options impatient() {
    Options options;
    options.limits.tick = 10ms;
    options.limits.head_time = 150ms;
    options.limits.body_time = 150ms;
    options.limits.write_time = 150ms;
    options.limits.idle_time = 150ms;
    options.limits.linger_time = 100ms;
    return options;
}

std::string status_line(const std::string& reply) {
    return reply.substr(0, reply.find("\r\n"));
}

// Sends a byte each 20 ms, for three seconds or until the server ends the connection: how long?
std::chrono::milliseconds dribble(Client& client) {
    const auto start = Clock::now();
    while (Clock::now() - start < 3s && client.send("b"))
        std::this_thread::sleep_for(20ms);
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

TEST(Deadline, EndsAHeadThatDribblesIn) {
    LiveServer server(impatient());
    Client client(server.port());
    client.send("GET /");
    EXPECT_LT(dribble(client), 2s);
    EXPECT_EQ(status_line(client.receive_all()), "HTTP/1.1 408 Request Timeout");
    EXPECT_EQ(server.counters().timeouts.get(), 1U);
}

// Of more connections than one look at the sockets tells of.
TEST(Deadline, IsNotMissedByWhatCameInTimeWhileTheServerStoodStill) {
    LiveServer server(impatient());
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 400; ++i)
        clients.push_back(std::make_unique<Client>(server.port()));
    for (const auto& client : clients)
        client->send(kGet.substr(0, 5));
    ASSERT_TRUE(eventually([&] { return server.counters().bytes_in.get() == 400 * 5; }));
    std::this_thread::sleep_for(50ms);  // the ticks at which a session looks once more by itself
    server.stand_still(400ms);
    for (const auto& client : clients)
        client->send(kGet.substr(5));
    for (const auto& client : clients)
        EXPECT_EQ(status_line(client->receive_reply()), "HTTP/1.1 200 OK");
}

TEST(Deadline, DoesNotTakeTheNextRequestForTheLast) {
    LiveServer server(impatient());
    Client client(server.port());
    client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n\r");
    EXPECT_TRUE(client.receive_all().ends_with("The request took too long to arrive."));
}

TEST(Deadline, EndsABodyThatDribblesIn) {
    LiveServer server(impatient());
    Client client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    EXPECT_LT(dribble(client), 2s);
    EXPECT_EQ(status_line(client.receive_all()), "HTTP/1.1 408 Request Timeout");
}

TEST(Deadline, ClosesASilentConnectionWithoutAWord) {
    LiveServer server(impatient());
    Client never(server.port());
    Client once(server.port());
    once.send(kGet);
    EXPECT_EQ(status_line(once.receive_reply()), "HTTP/1.1 200 OK");
    EXPECT_EQ(never.receive_all() + once.receive_all(), "");
    EXPECT_TRUE(never.closed() && once.closed());
    EXPECT_EQ(server.counters().timeouts.get(), 0U);
}

TEST(Deadline, CountsAnewForEachRequest) {
    LiveServer server(impatient());
    Client client(server.port());
    for (int i = 0; i < 5; ++i) {
        std::this_thread::sleep_for(60ms);
        client.send(kGet.substr(0, 10));
        std::this_thread::sleep_for(60ms);
        client.send(kGet.substr(10));
        EXPECT_EQ(status_line(client.receive_reply()), "HTTP/1.1 200 OK");
    }
}

TEST(Deadline, ResetsAClientThatDoesNotReadItsReply) {
    LiveServer server(impatient());
    Client client(server.port(), 4096);
    client.send("GET /large?20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 1; }));
    EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 0; }));
    EXPECT_LT(client.receive_all().size(), 20'000'000U);
    EXPECT_FALSE(client.closed());
}

TEST(Deadline, LetsASlowReaderFinishWhileItReads) {
    Options options = impatient();
    options.limits.write_time = 400ms;
    LiveServer server(std::move(options));
    Client client(server.port(), 4096);
    client.send("GET /large?6000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    std::size_t size = 0;
    for (int i = 0; i < 30; ++i) {
        size += client.receive(20'000).size();
        std::this_thread::sleep_for(40ms);
    }
    size += client.receive_all().size();
    EXPECT_GT(size, 6'000'000U);
}

TEST(Deadline, EndsALingeringConnection) {
    LiveServer server(impatient());
    Client client(server.port());
    client.send("BAD\r\n\r\n");
    EXPECT_EQ(status_line(client.receive_all()), "HTTP/1.1 400 Bad Request");
    EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 0; }));
}

}  // namespace
}  // namespace redirector::http
