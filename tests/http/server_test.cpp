// The listener: ports, limits, back-off, draining, the turn's end.
#include "redirector/http/server.hpp"

#include "tests/http/live_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace redirector::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

std::string status_line(const std::string& reply) {
    return reply.substr(0, reply.find("\r\n"));
}

TEST(Server, SaysWhichAddressIsBusy) {
    LiveServer server;
    const auto probed = probe_port("127.0.0.1", server.port());
    ASSERT_FALSE(probed);
    EXPECT_EQ(
        probed.error().message,
        "cannot listen on 127.0.0.1:" + std::to_string(server.port()) + ": Address already in use");
}

TEST(Server, SaysWhichAddressIsNotOurs) {
    net::io_context context;
    StubApp app;
    Options options;
    options.host = "192.0.2.1";
    options.port = 8080;
    Server server(context, app, options);
    const auto port = server.listen();
    ASSERT_FALSE(port);
    EXPECT_EQ(port.error().message,
              "cannot listen on 192.0.2.1:8080: Cannot assign requested address");
    EXPECT_TRUE(probe_port("no such host", 1)
                    .error()
                    .message.starts_with("cannot listen on no such host:1: "));
}

TEST(Server, ProbesAFreePortThatCanThenBeHad) {
    const auto port = probe_port("127.0.0.1", 0);
    ASSERT_TRUE(port);
    EXPECT_NE(*port, 0);
    net::io_context context;
    StubApp app;
    Options options;
    options.port = *port;
    Server server(context, app, options);
    EXPECT_TRUE(server.listen());
}

TEST(Server, SharesItsPortWithTheOtherThreads) {
    LiveServer first;
    Options options;
    options.port = first.port();
    options.joins = true;
    LiveServer second(options);
    ASSERT_EQ(second.port(), first.port());
    std::vector<std::unique_ptr<Client>> clients;
    const auto both = [&] {
        clients.push_back(std::make_unique<Client>(first.port()));
        return first.counters().accepted.get() > 0 && second.counters().accepted.get() > 0;
    };
    EXPECT_TRUE(eventually(both));
}

// Both found the port free, as two processes do that start at the same moment.
TEST(Server, SharesItsPortWithNobodyElse) {
    const auto port = probe_port("127.0.0.1", 0);
    ASSERT_TRUE(port);
    ASSERT_TRUE(probe_port("127.0.0.1", *port));
    net::io_context context;
    StubApp app;
    Options options;
    options.port = *port;
    Server first(context, app, options);
    Server second(context, app, options);
    EXPECT_TRUE(first.listen());
    const auto refused = second.listen();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "cannot listen on 127.0.0.1:" + std::to_string(*port) + ": Address already in use");
}

TEST(Server, ListensOnIpv6AndOnNames) {
    for (const char* host : {"::1", "localhost"}) {
        net::io_context context;
        // A bare Debian has no /etc/hosts and so no localhost.
        boost::system::error_code unknown;
        net::ip::tcp::resolver(context).resolve(host, "0", unknown);
        if (unknown) continue;
        StubApp app;
        Options options;
        options.host = host;
        options.port = 0;
        Server server(context, app, options);
        EXPECT_TRUE(server.listen()) << host;
    }
}

TEST(Server, SendsSmallRepliesAtOnce) {
    LiveServer server;
    Client client(server.port());
    client.send(kGet);
    client.receive_reply();
    // Both ends of the connection are this process's: find the other one.
    sockaddr_in ours{};
    socklen_t size = sizeof ours;
    getsockname(client.descriptor(), reinterpret_cast<sockaddr*>(&ours), &size);
    int found = 0;
    for (int descriptor = 0; descriptor < 1024; ++descriptor) {
        sockaddr_in peer{};
        size = sizeof peer;
        if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
        if (peer.sin_port != ours.sin_port) continue;
        int no_delay = 0;
        size = sizeof no_delay;
        getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
        EXPECT_EQ(no_delay, 1);
        ++found;
    }
    EXPECT_EQ(found, 1);
}

TEST(Server, TurnsAwayWhatIsAboveTheLimit) {
    Options options;
    options.limits.connections = 2;
    LiveServer server(std::move(options));
    Client first(server.port());
    Client second(server.port());
    ASSERT_TRUE(eventually([&] { return server.counters().open.get() == 2; }));
    Client third(server.port());
    third.send(kGet);
    const std::string reply = third.receive_reply();
    EXPECT_EQ(status_line(reply), "HTTP/1.1 503 Service Unavailable");
    EXPECT_NE(reply.find("\r\nRetry-After: 1\r\n"), reply.npos);
    EXPECT_NE(reply.find("\r\nConnection: close\r\n"), reply.npos);
    EXPECT_EQ(server.counters().refused.get(), 1U);
    first.send(kGet);
    EXPECT_EQ(status_line(first.receive_reply()), "HTTP/1.1 200 OK");
}

// As long as it lives, no new descriptor can be had.
class NoDescriptors {
  public:
    NoDescriptors() {
        getrlimit(RLIMIT_NOFILE, &before_);
        const int next = dup(0);
        close(next);
        rlimit limit = before_;
        limit.rlim_cur = static_cast<rlim_t>(next);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

TEST(Server, WaitsWhenDescriptorsRunOutAndGoesOnAfterwards) {
    LiveServer server;
    const int spare = dup(0);  // the client's own descriptor
    std::clock_t used = 0;
    {
        close(spare);
        const int client_socket = socket(AF_INET, SOCK_STREAM, 0);
        ASSERT_EQ(client_socket, spare);
        NoDescriptors none;
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(connect(client_socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        const std::clock_t before = std::clock();
        std::this_thread::sleep_for(300ms);
        used = std::clock() - before;
        EXPECT_GE(server.counters().accept_failures.get(), 2U);
        EXPECT_LE(server.counters().accept_failures.get(), 8U);
        close(client_socket);
    }
    EXPECT_LT(used, CLOCKS_PER_SEC / 10) << "accept() was tried without a pause";
    Client client(server.port());
    client.send(kGet);
    EXPECT_EQ(status_line(client.receive_reply()), "HTTP/1.1 200 OK");
}

TEST(Server, CountsWhatPassesThrough) {
    LiveServer server;
    std::size_t received = 0;
    {
        Client client(server.port());
        for (int i = 0; i < 3; ++i) {
            client.send(kGet);
            received += client.receive_reply().size();
        }
    }
    EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 0; }));
    EXPECT_EQ(server.counters().accepted.get(), 1U);
    EXPECT_EQ(server.counters().requests.get(), 3U);
    EXPECT_EQ(server.counters().refusals.get(), 0U);
    EXPECT_EQ(server.counters().bytes_in.get(), 3 * kGet.size());
    EXPECT_EQ(server.counters().bytes_out.get(), received);
}

TEST(Server, EndsTheTurnBeforeItsRepliesAreWritten) {
    std::atomic<int> turns{0};
    Options options;
    options.on_turn_end = [&] { ++turns; };
    LiveServer server(std::move(options));
    Client client(server.port());
    for (int i = 1; i <= 20; ++i) {
        client.send(std::string(kGet) + std::string(kGet));
        client.receive_reply();
        EXPECT_EQ(turns, i);
        client.receive_reply();
    }
}

TEST(Server, AnswersWhatIsInTheAcceptQueueBeforeItDrains) {
    LiveServer server;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 50; ++i)
        clients.push_back(std::make_unique<Client>(server.port()));
    for (const auto& client : clients)
        client->send(kGet);
    auto drained = server.drain();
    for (const auto& client : clients) {
        EXPECT_EQ(status_line(client->receive_reply()), "HTTP/1.1 200 OK");
    }
    EXPECT_EQ(drained.wait_for(5s), std::future_status::ready);
}

TEST(Server, SaysCloseWhileItDrainsAndEndsSilentConnections) {
    Options options;
    options.limits.tick = 10ms;
    options.limits.drain_idle = 200ms;
    LiveServer server(std::move(options));
    Client busy(server.port());
    Client silent(server.port());
    busy.send(kGet);
    EXPECT_EQ(busy.receive_reply().find("Connection: close"), std::string::npos);
    ASSERT_TRUE(eventually([&] { return server.counters().open.get() == 2; }));
    auto drained = server.drain();
    busy.send(kGet);
    EXPECT_NE(busy.receive_reply().find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_EQ(busy.receive_all() + silent.receive_all(), "");
    EXPECT_TRUE(busy.closed() && silent.closed());
    EXPECT_EQ(drained.wait_for(5s), std::future_status::ready);
    EXPECT_FALSE(probe_port("127.0.0.1", server.port()).has_error());
}

TEST(Server, CutsOffWhatOutlivesTheDrainsCap) {
    Options options;
    options.limits.tick = 10ms;
    LiveServer server(std::move(options));
    Client half(server.port());
    half.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return server.counters().bytes_in.get() > 0; }));
    auto drained = server.drain(100ms);
    EXPECT_EQ(drained.wait_for(5s), std::future_status::ready);
    EXPECT_TRUE(eventually([&] { return server.counters().open.get() == 0; }));
    EXPECT_EQ(half.receive_all(), "");
}

TEST(Server, LeavesNothingInTheLoopOnceDrained) {
    for (const auto cap : {1000ms, 0ms}) {
        net::io_context context(kConcurrencyHint);
        StubApp app;
        Options options;
        options.port = 0;
        options.limits.tick = 10ms;
        Server server(context, app, options);
        const auto port = server.listen();
        ASSERT_TRUE(port);
        Client silent(*port);
        bool drained = false;
        net::post(context, [&] { server.drain(cap, [&] { drained = true; }); });
        context.run_for(4s);
        EXPECT_TRUE(drained);
        EXPECT_TRUE(context.stopped()) << "something still waits";
    }
}

// Clients as a balancer has them: each sends request after request on its connection until it is
// told to close. No request that was sent may stay without its reply.
TEST(Server, LosesNoRequestWhenItDrainsUnderLoad) {
    Options options;
    options.limits.drain_idle = 3s;  // no thread of this test may seem silent
    LiveServer server(std::move(options));
    std::atomic<int> busy{0};
    std::atomic<int> lost{0};
    const auto client_loop = [&](Client& client) {
        for (int round = 0;; ++round) {
            client.send(std::string(kGet) + std::string(kGet));
            const std::string first = client.receive_reply();
            const std::string second = client.receive_reply();
            if (first.empty() || second.empty()) ++lost;
            if (second.empty() || second.find("Connection: close") != second.npos) return;
            if (round == 20) ++busy;
        }
    };
    std::vector<std::unique_ptr<Client>> clients;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(std::make_unique<Client>(server.port()));
        threads.emplace_back(client_loop, std::ref(*clients.back()));
    }
    EXPECT_TRUE(eventually([&] { return busy == 8; }));
    auto drained = server.drain();
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(drained.wait_for(5s), std::future_status::ready);
    EXPECT_EQ(lost, 0);
}

}  // namespace
}  // namespace redirector::http
