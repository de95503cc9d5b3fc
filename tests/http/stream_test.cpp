// Bodies that are made while they are sent, over a real loopback socket.
#include "tests/http/live_server.hpp"

#include <gtest/gtest.h>

namespace redirector::http {
namespace {

using namespace std::chrono_literals;

std::string get(std::string_view target, std::string_view version = "1.1") {
    return std::string("GET ").append(target) + " HTTP/" + std::string(version) +
           "\r\nHost: a\r\n\r\n";
}

std::string head(std::string_view fields) {
    return std::string("HTTP/1.1 200 OK\r\nServer: redirector\r\n").append(fields) + "\r\n";
}

// As it stands in a chunked message: 30,000 is 7530 in hex.
std::string chunks(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text.append("7530\r\n").append(StubStream::kPiece, 'x').append("\r\n");
    return text;
}

TEST(Stream, IsSentInChunksAndTheConnectionGoesOn) {
    LiveServer server;
    Client client(server.port());
    client.send(get("/stream?3") + get("/redirect"));
    client.finish_sending();
    const std::string all = without_date(client.receive_all());
    const std::string first = head("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n") +
                              chunks(3) + "0\r\n\r\n";
    ASSERT_EQ(all.substr(0, first.size()), first);
    EXPECT_TRUE(all.substr(first.size()).starts_with("HTTP/1.1 307 ")) << all.size();
}

TEST(Stream, MayBeEmpty) {
    LiveServer server;
    Client client(server.port());
    client.send(get("/stream?0"));
    client.finish_sending();
    EXPECT_EQ(
        without_date(client.receive_all()),
        head("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n").append("0\r\n\r\n"));
}

TEST(Stream, EndsWithTheConnectionForAnHttp10Client) {
    LiveServer server;
    Client client(server.port());
    client.send("GET /stream?2 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(without_date(client.receive_all()),
              head("Connection: close\r\nContent-Type: text/plain\r\n")
                  .append(2 * StubStream::kPiece, 'x'));
    EXPECT_TRUE(client.closed());
}

TEST(Stream, HasNoBodyForHead) {
    LiveServer server;
    Client client(server.port());
    client.send("HEAD /stream?2 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/redirect"));
    client.finish_sending();
    const std::string all = without_date(client.receive_all());
    const std::string first = head("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n");
    ASSERT_EQ(all.substr(0, first.size()), first);
    EXPECT_TRUE(all.substr(first.size()).starts_with("HTTP/1.1 307 "));
    EXPECT_EQ(server.pieces_made(), 0U);
}

TEST(Stream, ThatFailsIsCutOffSoThatNobodyTakesItForWhole) {
    LiveServer server;
    Client client(server.port());
    client.send(get("/broken"));
    const std::string all = client.receive_all();
    EXPECT_EQ(all.find("0\r\n\r\n", all.size() - std::min<std::size_t>(all.size(), 5)), all.npos);
    EXPECT_FALSE(client.closed());  // a reset, not an end
    EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 0; }));
}

TEST(Stream, WaitsForASlowClient) {
    LiveServer server;
    Client client(server.port(), 4'096);
    client.send(get("/stream?1000"));
    client.receive(1);
    std::size_t made = 0;
    // As many as the kernel's buffers take, then no more.
    EXPECT_TRUE(eventually([&] {
        const std::size_t before = std::exchange(made, server.pieces_made());
        std::this_thread::sleep_for(20ms);
        return made > 0 && made == before;
    }));
    EXPECT_LT(made, 500U);
    client.receive(1000 * StubStream::kPiece);
    EXPECT_EQ(server.pieces_made(), 1000U);
}

TEST(Stream, OfAClientThatReadsNothingIsEndedByTheWriteDeadline) {
    Options options;
    options.limits.write_time = 50ms;
    options.limits.tick = 10ms;
    LiveServer server(options);
    Client client(server.port(), 4'096);
    client.send(get("/stream?1000"));
    EXPECT_TRUE(eventually([&] { return server.counters().timeouts.get() == 1; }));
    EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 0; }));
}

TEST(Stream, IsFinishedByADrainAndCutOffAtItsCap) {
    LiveServer server;
    Client reading(server.port());
    Client silent(server.port(), 4'096);
    reading.send(get("/stream?300"));
    silent.send(get("/stream?1000"));
    EXPECT_TRUE(eventually([&] { return server.pieces_made() > 1; }));
    auto drained = server.drain(1500ms);
    const std::string whole = reading.receive_all();
    EXPECT_TRUE(whole.ends_with("0\r\n\r\n"));
    EXPECT_EQ(drained.wait_for(4s), std::future_status::ready);
    EXPECT_EQ(server.counters().open.get(), 0U);
}

}  // namespace
}  // namespace redirector::http
