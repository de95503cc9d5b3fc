// A redirect on a connection that is kept alive allocates nothing. The whole program counts: server
// and client share one thread.
#include "redirector/http/server.hpp"
#include "tests/http/stub_app.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <netinet/in.h>
#include <new>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

extern std::size_t allocations;  // counting_new.cpp

namespace redirector::http {
namespace {

// Asks once and lets the server answer.
void exchange(net::io_context& context, int client, std::string_view request) {
    ASSERT_EQ(send(client, request.data(), request.size(), 0),
              static_cast<ssize_t>(request.size()));
    char reply[16 * 1024];
    ssize_t received = -1;
    for (int turns = 0; received < 0 && turns < 1000; ++turns) {
        context.poll();
        received = recv(client, reply, sizeof reply, MSG_DONTWAIT);
    }
    ASSERT_GT(received, 0);
}

TEST(Allocation, IsNoneForARedirectOnALiveConnection) {
    net::io_context context(kConcurrencyHint);
    StubApp app;
    Options options;
    options.port = 0;
    Server server(context, app, options);
    const auto port = server.listen();
    ASSERT_TRUE(port);
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(*port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const std::string one =
        "GET /redirect?source=phone HTTP/1.1\r\nHost: tn.gg\r\nUser-Agent: a phone\r\n"
        "Accept: text/html\r\nAccept-Language: de\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n";
    const std::string batch = one + one + one + one;
    for (int i = 0; i < 10; ++i)
        exchange(context, client, batch);
    const std::size_t before = allocations;
    for (int i = 0; i < 100; ++i) {
        exchange(context, client, one);
        exchange(context, client, batch);
    }
    EXPECT_EQ(allocations - before, 0U);
    EXPECT_EQ(server.counters().requests.get(), 540U);
    close(client);
}

}  // namespace
}  // namespace redirector::http
