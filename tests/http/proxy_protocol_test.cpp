// A listener that demands a PROXY preamble.
#include "tests/http/live_server.hpp"

#include <gtest/gtest.h>

namespace redirector::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPreamble = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n";
constexpr std::string_view kWho = "GET /peer HTTP/1.1\r\nHost: a\r\n\r\n";

Options behind_proxy(bool trusted) {
    Options options;
    options.proxy_protocol = true;
    options.trusted_proxy = [trusted](const IpAddress& peer) {
        return trusted && peer[12] == 127 && peer[10] == 0xff;
    };
    options.limits.tick = 10ms;
    options.limits.preamble_time = 100ms;
    return options;
}

std::string body_of(const std::string& reply) {
    return reply.substr(reply.find("\r\n\r\n") + 4);
}

TEST(ProxyProtocol, GivesTheClientBehindTheProxy) {
    LiveServer server(behind_proxy(true));
    Client client(server.port());
    client.send(std::string(kPreamble) + std::string(kWho) + std::string(kWho));
    EXPECT_EQ(body_of(client.receive_reply()), "192.0.2.1");
    EXPECT_EQ(body_of(client.receive_reply()), "192.0.2.1");
}

TEST(ProxyProtocol, TakesAPreambleInPieces) {
    LiveServer server(behind_proxy(true));
    Client client(server.port());
    client.send(kPreamble.substr(0, 20));
    std::this_thread::sleep_for(20ms);
    client.send(std::string(kPreamble.substr(20)) + std::string(kWho));
    EXPECT_EQ(body_of(client.receive_reply()), "192.0.2.1");
}

TEST(ProxyProtocol, KeepsTheProxysAddressForItsOwnConnections) {
    LiveServer server(behind_proxy(true));
    Client client(server.port());
    client.send("PROXY UNKNOWN\r\n" + std::string(kWho));
    EXPECT_EQ(body_of(client.receive_reply()), "127.0.0.1");
}

TEST(ProxyProtocol, ClosesOnAPeerThatIsNotTrusted) {
    LiveServer server(behind_proxy(false));
    Client client(server.port());
    client.send(std::string(kPreamble) + std::string(kWho));
    EXPECT_EQ(client.receive_all(), "");
    EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 0; }));
    EXPECT_EQ(server.counters().requests.get(), 0U);
}

TEST(ProxyProtocol, ClosesWithoutAPreamble) {
    LiveServer server(behind_proxy(true));
    Client client(server.port());
    client.send(kWho);
    EXPECT_EQ(client.receive_all(), "");
    EXPECT_EQ(server.counters().requests.get(), 0U);
}

TEST(ProxyProtocol, ClosesWhenThePreambleTakesTooLong) {
    LiveServer server(behind_proxy(true));
    Client client(server.port());
    client.send(kPreamble.substr(0, 20));
    EXPECT_EQ(client.receive_all(), "");
    EXPECT_EQ(server.counters().timeouts.get(), 1U);
}

TEST(ProxyProtocol, BelievesNoPreambleWhereNoneIsDemanded) {
    LiveServer server;
    Client client(server.port());
    client.send(std::string(kPreamble) + std::string(kWho));
    EXPECT_TRUE(client.receive_reply().starts_with("HTTP/1.1 400 "));
}

}  // namespace
}  // namespace redirector::http
