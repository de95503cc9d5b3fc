// The floor under every server here: epoll, one receive, one send of constant bytes; reads nothing.
// Usage: load_floor PORT [close], to close each connection behind its answer. Ends on a signal.
#include <array>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::string_view kReply =
    "HTTP/1.1 302 Found\r\nServer: floor\r\nDate: Sun, 22 Nov 2026 04:45:03 GMT\r\n"
    "Location: https://example.com/landing\r\nCache-Control: private, no-store\r\n"
    "Content-Length: 0\r\n\r\n";

void watch(int epoll, int socket, unsigned events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = socket;
    epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

int listen_on(const char* port) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        std::exit(1);
    listen(listener, 4096);
    return listener;
}

void answer(int client, bool closing) {
    std::array<char, 16'384> bytes;
    const ssize_t size = recv(client, bytes.data(), bytes.size(), 0);
    if (size > 0) send(client, kReply.data(), kReply.size(), MSG_NOSIGNAL);
    if (size == 0 || closing) close(client);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 && argc != 3) return 2;
    const int listener = listen_on(argv[1]);
    const int epoll = epoll_create1(0);
    watch(epoll, listener, EPOLLIN);
    for (;;) {
        std::array<epoll_event, 128> events;
        const int count = epoll_wait(epoll, events.data(), events.size(), -1);
        for (int at = 0; at < count; ++at) {
            const int ready = events[static_cast<std::size_t>(at)].data.fd;
            if (ready != listener) {
                answer(ready, argc == 3);
            } else if (const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
                       client >= 0) {
                watch(epoll, client, EPOLLIN | EPOLLET | EPOLLRDHUP);
            }
        }
    }
}
