// Requests that arrive together on many connections: each step for all of them before the next.
#include "redirector/http/turn.hpp"

#include "tests/http/live_server.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace redirector::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kDrawn = "GET /drawn HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kSlow = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n";

std::string status_line(const std::string& reply) {
    return reply.substr(0, reply.find("\r\n"));
}

using Clients = std::vector<std::unique_ptr<Client>>;

// Connections that have been served once, so that each waits for its next turn. No tick comes to
// help.
Clients known_clients(LiveServer& server, int count) {
    Clients clients;
    for (int i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<Client>(server.port()));
        clients.back()->send(kGet);
        EXPECT_EQ(status_line(clients.back()->receive_reply()), "HTTP/1.1 200 OK");
    }
    return clients;
}

// All of them ask while the server stands still, and are answered.
void ask_together(LiveServer& server, const Clients& clients) {
    server.stand_still(100ms);
    for (const auto& client : clients)
        client->send(kGet);
    for (const auto& client : clients)
        EXPECT_EQ(status_line(client->receive_reply()), "HTTP/1.1 200 OK");
}

Options without_ticks() {
    Options options;
    options.limits.tick = 60s;
    options.limits.linger_time = 60s;
    return options;
}

TEST(Turn, TellsTheApplicationOfAllThatArrivedTogether) {
    LiveServer server(without_ticks());
    const Clients clients = known_clients(server, 20);
    EXPECT_EQ(server.most_together(), 0U);  // one request alone is answered without a word
    ask_together(server, clients);
    EXPECT_EQ(server.most_together(), 20U);
}

TEST(Turn, TakesMoreConnectionsThanOneLookAtTheSocketsTellsOf) {
    LiveServer server(without_ticks());
    ask_together(server, known_clients(server, 300));
    EXPECT_LE(server.most_together(), 128U);
}

// What comes when a connection's request is received and not yet answered finds the connection
// waiting again. Meanwhile another, whose preamble has just come, is answered slowly, and the sockets
// are looked at once more.
TEST(Turn, MissesNothingThatArrivesBetweenItsSteps) {
    constexpr std::string_view kPreamble = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
    Options options = without_ticks();
    options.proxy_protocol = true;
    options.trusted_proxy = [](const IpAddress&) { return true; };
    LiveServer server(options);
    Client client(server.port());
    client.send(kPreamble);
    client.send(kGet);
    EXPECT_EQ(status_line(client.receive_reply()), "HTTP/1.1 200 OK");
    Client slow(server.port());
    ASSERT_TRUE(eventually([&] { return server.counters().open.get() == 2; }));
    server.stand_still(50ms);
    client.send(kGet);
    slow.send(kPreamble);
    slow.send(kSlow);
    std::this_thread::sleep_for(100ms);
    client.send(kGet);
    for (Client* const each : {&client, &client, &slow})
        EXPECT_EQ(status_line(each->receive_reply()), "HTTP/1.1 200 OK");
}

TEST(Turn, PutsWhatTakesLongerBehindWhatMemoryAnswers) {
    LiveServer server(without_ticks());
    const auto clients = known_clients(server, 10);
    Client& quick = *clients.back();
    server.stand_still(100ms);
    for (const auto& client : clients)
        client->send(client.get() == &quick ? kGet : kDrawn);
    for (int i = 0; i < 3;
         ++i) {  // the first arrived with the others, the next while they are drawn
        EXPECT_EQ(status_line(quick.receive_reply()), "HTTP/1.1 200 OK");
        EXPECT_LT(server.drawn(), 9);
        quick.send(kGet);
    }
    for (const auto& client : clients)
        EXPECT_EQ(status_line(client->receive_reply()), "HTTP/1.1 200 OK");
}

TEST(Turn, EndsWithTheConnectionsWhoseClientsHaveGone) {
    LiveServer server;
    auto clients = known_clients(server, 20);
    server.stand_still(50ms);
    for (const auto& client : clients)
        client->send(kSlow.substr(0, 10));
    clients.resize(10);
    EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 10; }));
    for (const auto& client : clients) {
        client->send(kSlow.substr(10));
        EXPECT_EQ(status_line(client->receive_reply()), "HTTP/1.1 200 OK");
    }
}

TEST(Turn, LeavesNothingUnreadThatIsThereWhenARefusedConnectionLingers) {
    LiveServer server(without_ticks());
    const auto clients = known_clients(server, 1);
    server.stand_still(50ms);
    clients[0]->send("BAD\r\n\r\n" + std::string(30'000, 'x'));
    clients[0]->finish_sending();
    EXPECT_EQ(status_line(clients[0]->receive_all()), "HTTP/1.1 400 Bad Request");
    EXPECT_TRUE(clients[0]->closed());
    EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 0; }));
}

}  // namespace
}  // namespace redirector::http
