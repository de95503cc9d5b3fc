// A Server on a thread of its own and plain blocking sockets to talk to it, for tests.
#pragma once

#include "redirector/http/server.hpp"
#include "tests/http/stub_app.hpp"

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace redirector::http {

// One listener on a free port of 127.0.0.1, stopped by the destructor.
class LiveServer {
  public:
    explicit LiveServer(Options options = {});
    ~LiveServer();

    std::uint16_t port() const { return port_; }
    const Counters& counters() const { return server_->counters(); }
    std::size_t pieces_made() const { return app_.made; }
    int drawn() const { return app_.drawn; }
    std::size_t most_together() const { return app_.together; }

    // From now on nothing happens on the server's thread for so long.
    void stand_still(std::chrono::milliseconds time);
    // Drains from the loop's own thread; ready once the server says so.
    std::future<void> drain(std::chrono::milliseconds cap = std::chrono::seconds(5));

  private:
    net::io_context context_{kConcurrencyHint};
    StubApp app_;
    std::unique_ptr<Server> server_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

// A client's end of a connection. Every call gives up after five seconds.
class Client {
  public:
    explicit Client(std::uint16_t port, int receive_buffer = 0);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // False when the server has broken the connection.
    bool send(std::string_view bytes);
    // Sends no more: the server sees the end of the stream.
    void finish_sending();
    // What the server sends up to its end of the stream, a reset or the five seconds.
    std::string receive_all();
    // What it sends until `size` bytes are there.
    std::string receive(std::size_t size);
    // One whole reply by its Content-Length; empty when the connection ends before it.
    std::string receive_reply();
    // Whether the stream ended, in order, by the server's close.
    bool closed() const { return closed_; }
    int descriptor() const { return socket_; }

  private:
    bool fill();

    int socket_;
    std::string arrived_;
    bool closed_ = false;
};

// Without the line of the Date field, which no test can foretell.
std::string without_date(std::string reply);

// Waits until `condition` holds, five seconds at most.
bool eventually(const std::function<bool()>& condition);

}  // namespace redirector::http
