#include "tests/http/live_server.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace redirector::http {

LiveServer::LiveServer(Options options) {
    options.host = "127.0.0.1";
    if (!options.joins) options.port = 0;
    server_ = std::make_unique<Server>(context_, app_, std::move(options));
    const auto port = server_->listen();
    if (!port) throw std::runtime_error(port.error().message);
    port_ = *port;
    thread_ = std::thread([this] { context_.run(); });
}

LiveServer::~LiveServer() {
    context_.stop();
    thread_.join();
}

void LiveServer::stand_still(std::chrono::milliseconds time) {
    std::promise<void> begun;
    net::post(context_, [&begun, time] {
        begun.set_value();
        std::this_thread::sleep_for(time);
    });
    begun.get_future().wait();
}

std::future<void> LiveServer::drain(std::chrono::milliseconds cap) {
    auto drained = std::make_shared<std::promise<void>>();
    std::future<void> future = drained->get_future();
    net::post(context_,
              [this, cap, drained] { server_->drain(cap, [drained] { drained->set_value(); }); });
    return future;
}

Client::Client(std::uint16_t port, int receive_buffer) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) {
        setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    const timeval patience{5, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

Client::~Client() {
    close(socket_);
}

bool Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void Client::finish_sending() {
    shutdown(socket_, SHUT_WR);
}

bool Client::fill() {
    std::array<char, 16 * 1024> bytes;
    const ssize_t received = recv(socket_, bytes.data(), bytes.size(), 0);
    closed_ = closed_ || received == 0;
    if (received <= 0) return false;
    arrived_.append(bytes.data(), static_cast<std::size_t>(received));
    return true;
}

std::string Client::receive_all() {
    while (fill()) {
    }
    return std::exchange(arrived_, {});
}

std::string Client::receive(std::size_t size) {
    while (arrived_.size() < size && fill()) {
    }
    std::string bytes = arrived_.substr(0, size);
    arrived_.erase(0, size);
    return bytes;
}

std::string Client::receive_reply() {
    std::size_t end = 0;
    while ((end = arrived_.find("\r\n\r\n")) == arrived_.npos) {
        if (!fill()) return {};
    }
    std::size_t size = end + 4;
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = arrived_.find(kLength);
    if (at < end) {
        std::size_t length = 0;
        std::from_chars(arrived_.data() + at + kLength.size(), arrived_.data() + end, length);
        size += length;
    }
    return receive(size);
}

std::string without_date(std::string reply) {
    for (std::size_t at = 0; (at = reply.find("Date: ", at)) != reply.npos;) {
        reply.erase(at, reply.find("\r\n", at) + 2 - at);
    }
    return reply;
}

bool eventually(const std::function<bool()>& condition) {
    for (int attempt = 0; attempt < 5000; ++attempt) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return condition();
}

}  // namespace redirector::http
