#include "bench/load/generator/client.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace load {

std::uint64_t now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
}

Client::Client(int epoll, std::uint16_t port, bool one_request, Tally& tally)
    : epoll_(epoll), port_(port), one_request_(one_request), tally_(tally) {
    if (!one_request_) open();
}

Client::~Client() {
    close();
}

void Client::open() {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Reset at the end: ports in TIME_WAIT would run out at thousands of connections a second.
    const linger reset{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = this;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event);
}

void Client::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    input_.clear();
    output_.clear();
    sent_ = 0;
}

void Client::broken() {
    if (tally_.counting) ++tally_.broken;
    close();
    due_.clear();
    if (!one_request_) open();
}

void Client::send() {
    if (socket_ < 0) open();
    while (sent_ < output_.size()) {
        const ssize_t bytes =
            ::send(socket_, output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
        // ENOTCONN while the connection is being made.
        if (bytes < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
        if (bytes < 0) return broken();
        sent_ += static_cast<std::size_t>(bytes);
    }
    output_.clear();
    sent_ = 0;
}

void Client::ready() {
    if (socket_ < 0) return;
    if (!output_.empty()) send();
    for (;;) {
        char bytes[65'536];
        const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
        if (size < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
        if (size <= 0) return due_.empty() ? close() : broken();
        input_.append(bytes, static_cast<std::size_t>(size));
        take(static_cast<std::size_t>(size));
        if (socket_ < 0 || static_cast<std::size_t>(size) < sizeof bytes) return;
    }
}

// Counts the whole replies at the front of the input.
void Client::take(std::size_t bytes) {
    if (tally_.counting) tally_.bytes += bytes;
    std::size_t at = 0;
    while (!due_.empty()) {
        const std::string_view rest = std::string_view(input_).substr(at);
        const std::size_t head = rest.find("\r\n\r\n");
        if (head == rest.npos) break;
        std::size_t body = 0;
        for (const std::string_view name : {"Content-Length: ", "content-length: "}) {
            const std::size_t field = rest.substr(0, head).find(name);
            if (field == rest.npos) continue;
            std::from_chars(rest.data() + field + name.size(), rest.data() + head, body);
        }
        const std::size_t size = head + 4 + body;
        if (rest.size() < size) break;
        if (rest.substr(0, 7) != "HTTP/1.") return broken();
        answered(rest[9] - '0');
        at += size;
    }
    input_.erase(0, at);
    if (one_request_ && due_.empty()) close();
}

void Client::answered(int status_class) {
    if (tally_.counting) {
        const std::uint64_t now = now_ns();
        tally_.latency.add(now > due_.front() ? now - due_.front() : 0);
        ++tally_.by_class[status_class >= 1 && status_class <= 5
                              ? static_cast<std::size_t>(status_class)
                              : 0];
    }
    due_.pop_front();
}

}  // namespace load
