// A connection's socket: Asio's own, and a way to wait for the next bytes without a system call.
// Shape:   Asio begins every receive with an attempt, which finds nothing (EAGAIN) on a connection
//          that was just answered. Its epoll is edge-triggered, so once a receive left room in its
//          buffer the next bytes raise an event (epoll(7), "Questions and answers", 9):
//          wait_readable() only queues for that event, in the reactor's own queue.
// Errors:  handed to Readable::on_readable. An end of stream that came together with the last bytes
//          raises no event of its own, nor do bytes behind an urgent one: waiting() tells whom to
//          ask (Session::look_again).
// Threads: the loop's own.
// Source:  detail::epoll_reactor of Boost 1.81, whose internals this uses; another version is refused.
#pragma once

#include "redirector/async.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace redirector::http {

class Readable {
  public:
    // The socket has something to receive, or `error` says why nothing will come. May destroy the
    // socket.
    virtual void on_readable(const boost::system::error_code& error) = 0;

  protected:
    ~Readable() = default;
};

class Socket : public net::basic_stream_socket<net::ip::tcp, Executor> {
  public:
    using Base = net::basic_stream_socket<net::ip::tcp, Executor>;

    explicit Socket(net::io_context& context) : Base(context) {}
    Socket(Base&& accepted) : Base(std::move(accepted)) {}  // NOLINT: as Asio's accept gives it
    Socket(Socket&& other) = delete;
    ~Socket();

    // Calls `readable` once, when something arrives, or when cancel() or close() ends the wait. To
    // be called when the last receive found less than it had room for, and the loop has handled no
    // event of this socket since. `readable` outlives the socket.
    void wait_readable(Readable& readable);
    bool waiting() const;

  private:
    class Wait;
    Wait* wait_ = nullptr;
};

}  // namespace redirector::http
