// A listening socket of one I/O thread, and the sessions that it accepted.
// Shape:   every thread has an io_context, an App and a Server on the same address; the kernel
//          spreads connections over them (SO_REUSEPORT). Accepting pauses when descriptors run
//          out, and answers 503 above Limits::connections.
// Errors:  listening fails as a ListenError, one line for the operator. Afterwards nothing fails:
//          trouble of a connection ends that connection and is counted.
// Threads: all on the io_context's thread, except counters(). The io_context must not run any more
//          once the Server is gone.
#pragma once

#include "redirector/http/session.hpp"
#include "redirector/http/tls_certificate.hpp"
#include "redirector/http/turn.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/system/result.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <string>

namespace redirector::http {

// For `net::io_context context(kConcurrencyHint)`: sockets are used by one thread only, so their
// locks go; net::post from another thread stays allowed.
inline constexpr int kConcurrencyHint = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO;

struct Options {
    std::string host = "127.0.0.1";  // numeric address or a name with one; IPv6 without brackets
    std::uint16_t port = 8080;       // 0: any free one
    Limits limits;

    // The port is that of another Server of this process, which listens already. False: it must be
    // nobody's, not even that of a process of the same user that starts at the same moment.
    bool joins = false;

    // A listening socket that was handed to this process: connections are taken from a duplicate of
    // it, host and port do not count, and what waits in it when the server drains is left to whoever
    // holds it next. -1: none.
    int inherited = -1;

    // Where the servers that share Limits::connections count what is open; null: each by itself.
    std::atomic<std::uint64_t>* open_together = nullptr;

    // Every connection must begin with a PROXY preamble, and only peers for which `trusted_proxy`
    // says true may connect at all.
    bool proxy_protocol = false;
    std::function<bool(const IpAddress&)> trusted_proxy;

    // TLS on every connection, behind the preamble where one is expected; null: plain. Outlives the
    // server.
    const TlsCertificate* certificate = nullptr;

    // Called once per turn of the loop in which something was answered, before any reply of that
    // turn is written. Empty: replies are written as each connection's batch is ready.
    std::function<void()> on_turn_end;
};

// "cannot listen on 127.0.0.1:8080: Address already in use"
struct ListenError {
    std::string message;
};

// Whether host:port is free now, and which port 0 becomes: for a clear refusal before anything else
// is touched. Whether it still is when the first Server listens, listen() tells.
[[nodiscard]] boost::system::result<std::uint16_t, ListenError> probe_port(const std::string& host,
                                                                           std::uint16_t port);

class TlsTunnel;

class Server {
  public:
    // `context` and `app` must outlive the server.
    Server(net::io_context& context, App& app, Options options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Binds, listens and starts to accept once the context runs. Returns the port.
    [[nodiscard]] boost::system::result<std::uint16_t, ListenError> listen();

    // Stops accepting once the accept queue is empty (at once where the socket is inherited), says
    // `Connection: close` in every further answer, closes silent connections, and calls `drained`
    // when none is left, or when `cap` has passed: what is still open then is cut off. Called again,
    // it only shortens the cap.
    void drain(std::chrono::milliseconds cap, std::function<void()> drained);

    // May be read from any thread while the server lives.
    const Counters& counters() const { return shared_.counters; }

  private:
    using Acceptor = net::basic_socket_acceptor<net::ip::tcp, Executor>;
    using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;
    using Sessions = std::list<Session>;
    struct SessionEnd;
    struct TunnelEnd;

    boost::system::error_code bind_own(const net::ip::tcp::endpoint& endpoint);
    boost::system::error_code share_port();
    boost::system::error_code take_inherited();
    Awaitable<void> accept_loop();
    Awaitable<void> tick_loop();
    void start_connection(Socket::Base socket, const net::ip::tcp::endpoint& peer);
    void start_session(Socket::Base socket, const IpAddress& client, bool full);
    void start_tunnel(Socket::Base socket, const IpAddress& peer);
    void end_session(Sessions::iterator session);
    void end_tunnel(std::list<TlsTunnel>::iterator tunnel);
    void count_end();
    void empty_accept_queue();
    void tick();
    void finish_drain();
    void end_drain();

    net::io_context& context_;
    std::string host_;
    std::uint16_t port_;
    const int inherited_;
    const bool joins_;
    std::atomic<std::uint64_t> own_open_{0};
    std::atomic<std::uint64_t>& open_;
    Shared shared_;
    Turn turn_;
    Acceptor acceptor_;
    Timer pause_;
    Timer tick_;
    Sessions sessions_;
    const TlsCertificate* const certificate_;
    std::list<TlsTunnel> tunnels_;
    bool accepting_ = false;
    Clock::time_point drain_deadline_ = Clock::time_point::max();
    std::function<void()> drained_;
};

}  // namespace redirector::http
