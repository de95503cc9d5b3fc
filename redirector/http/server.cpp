#include "redirector/http/server.hpp"

#include "redirector/http/tls_tunnel.hpp"
#include "redirector/http/wire.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <exception>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace redirector::http {

namespace {

using boost::system::error_code;
using boost::system::result;
using net::ip::tcp;
using ReusePort = net::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// Above the limit, so many connections at once are told so; the others are dropped.
constexpr std::uint64_t kTurnedAway = 64;

// So many ticks without one: the process was stopped, or had no processor.
constexpr int kStill = 4;

ListenError listen_error(const std::string& host, std::uint16_t port, const error_code& error) {
    const bool literal = host.find(':') != host.npos;
    return {"cannot listen on " + (literal ? "[" + host + "]" : host) + ":" + std::to_string(port) +
            ": " + error.message()};
}

result<tcp::endpoint> resolve(net::io_context& context,
                              const std::string& host,
                              std::uint16_t port) {
    error_code error;
    const auto address = net::ip::make_address(host, error);
    if (!error) return tcp::endpoint(address, port);
    tcp::resolver resolver(context);
    const auto found = resolver.resolve(host, std::to_string(port), error);
    if (error) return error;
    return found.begin()->endpoint();
}

template <class Acceptor>
error_code open(Acceptor& acceptor, const tcp& protocol) {
    error_code error;
    acceptor.open(protocol, error);
    // SO_REUSEADDR: connections of a former process in TIME_WAIT do not make the port busy.
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    return error;
}

IpAddress address_of(const tcp::endpoint& peer) {
    const auto address = peer.address();
    return address.is_v6()
               ? address.to_v6().to_bytes()
               : net::ip::make_address_v6(net::ip::v4_mapped, address.to_v4()).to_bytes();
}

// Of the loops, which end when the server drains.
struct LoopEnd {
    void operator()(const std::exception_ptr& exception) const {
        if (exception) std::rethrow_exception(exception);
    }
};

}  // namespace

result<std::uint16_t, ListenError> probe_port(const std::string& host, std::uint16_t port) {
    net::io_context context;
    const auto endpoint = resolve(context, host, port);
    if (!endpoint) return listen_error(host, port, endpoint.error());
    tcp::acceptor acceptor(context);
    error_code error = open(acceptor, endpoint->protocol());
    if (!error) acceptor.bind(*endpoint, error);
    if (error) return listen_error(host, port, error);
    return acceptor.local_endpoint().port();
}

// Of one session's coroutine.
struct Server::SessionEnd {
    Server* server;
    Sessions::iterator session;

    void operator()(const std::exception_ptr& exception) const {
        if (exception) server->shared_.counters.failures.add(1);
        server->end_session(session);
    }
};

struct Server::TunnelEnd {
    Server* server;
    std::list<TlsTunnel>::iterator tunnel;

    void operator()(const std::exception_ptr& exception) const {
        if (exception) server->shared_.counters.failures.add(1);
        server->end_tunnel(tunnel);
    }
};

Server::Server(net::io_context& context, App& app, Options options)
    : context_(context),
      host_(std::move(options.host)),
      port_(options.port),
      inherited_(options.inherited),
      joins_(options.joins),
      open_(options.open_together != nullptr ? *options.open_together : own_open_),
      shared_{app,
              turn_,
              options.limits,
              options.proxy_protocol,
              std::move(options.trusted_proxy),
              std::move(options.on_turn_end),
              {},
              Clock::now(),
              http_date(std::time(nullptr)),
              false,
              false},
      turn_(context.get_executor(), shared_),
      acceptor_(context),
      pause_(context),
      tick_(context),
      certificate_(options.certificate) {}

Server::~Server() = default;

error_code Server::bind_own(const tcp::endpoint& endpoint) {
    error_code error = open(acceptor_, endpoint.protocol());
    if (!error && joins_) error = share_port();
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(Socket::max_listen_connections, error);
    // Only now, when the kernel has made sure that nobody else listens: two processes that both
    // said so before would take turns at the connections, unnoticed.
    if (!error && !joins_) error = share_port();
    return error;
}

error_code Server::share_port() {
    error_code error;
    acceptor_.set_option(ReusePort(true), error);
    return error;
}

error_code Server::take_inherited() {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    const int descriptor = ::fcntl(inherited_, F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0 ||
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size) != 0)
        return {errno, boost::system::system_category()};
    error_code error;
    acceptor_.assign(bound.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), descriptor, error);
    if (error) ::close(descriptor);
    return error;
}

result<std::uint16_t, ListenError> Server::listen() {
    error_code error;
    if (inherited_ >= 0) {
        error = take_inherited();
    } else {
        const auto endpoint = resolve(context_, host_, port_);
        if (!endpoint) return listen_error(host_, port_, endpoint.error());
        error = bind_own(*endpoint);
    }
    // Accepted sockets inherit it, without a call for each.
    if (!error) acceptor_.set_option(tcp::no_delay(true), error);
    if (error) return listen_error(host_, port_, error);
    port_ = acceptor_.local_endpoint(error).port();
    accepting_ = true;
    net::co_spawn(context_.get_executor(), tick_loop(), LoopEnd{});
    net::co_spawn(context_.get_executor(), accept_loop(), LoopEnd{});
    return port_;
}

Awaitable<void> Server::accept_loop() {
    while (!shared_.draining) {
        tcp::endpoint peer;
        auto [error, socket] = co_await acceptor_.async_accept(peer, use_tuple);
        if (!error) {
            start_connection(std::move(socket), peer);
        } else if (!shared_.draining) {
            // Out of descriptors or memory, most likely. Trying again at once would spin: the
            // connection that could not be taken stays ready.
            shared_.counters.accept_failures.add(1);
            pause_.expires_after(shared_.limits.accept_pause);
            co_await pause_.async_wait(use_tuple);
        }
    }
    empty_accept_queue();
    finish_drain();
}

// Clients in the queue were told by the kernel that they are connected: closing the listener would
// reset them, unless somebody else holds it too.
void Server::empty_accept_queue() {
    error_code error;
    acceptor_.non_blocking(true, error);
    while (!error && inherited_ < 0) {
        tcp::endpoint peer;
        Socket::Base socket(context_);
        acceptor_.accept(socket, peer, error);
        if (!error) start_connection(std::move(socket), peer);
    }
    acceptor_.close(error);
    accepting_ = false;
}

void Server::start_connection(Socket::Base socket, const tcp::endpoint& peer) {
    Counters& counters = shared_.counters;
    const std::uint64_t open = open_.load(std::memory_order_relaxed);
    const bool full = open >= shared_.limits.connections;
    if (full) counters.refused.add(1);
    // Telling it in TLS would cost a handshake.
    if (full && (certificate_ != nullptr || open >= shared_.limits.connections + kTurnedAway))
        return;
    open_.fetch_add(1, std::memory_order_relaxed);
    counters.open.add(1);
    if (!full) counters.accepted.add(1);
    if (certificate_ != nullptr) {
        start_tunnel(std::move(socket), address_of(peer));
    } else {
        start_session(std::move(socket), address_of(peer), full);
    }
}

void Server::start_session(Socket::Base socket, const IpAddress& client, bool full) {
    sessions_.emplace_front(std::move(socket), client, shared_);
    Session& session = sessions_.front();
    const SessionEnd end{this, sessions_.begin()};
    if (full) {
        net::co_spawn(context_.get_executor(), session.turn_away(), end);
    } else {
        net::co_spawn(context_.get_executor(), session.serve(certificate_ != nullptr), end);
    }
}

void Server::start_tunnel(Socket::Base socket, const IpAddress& peer) {
    const auto start = [this](Socket::Base inner, const IpAddress& client) {
        start_session(std::move(inner), client, false);
    };
    tunnels_.emplace_front(std::move(socket), peer, shared_, certificate_->current(), start);
    const TunnelEnd end{this, tunnels_.begin()};
    net::co_spawn(context_.get_executor(), tunnels_.front().serve(), end);
}

void Server::end_session(Sessions::iterator session) {
    sessions_.erase(session);
    if (certificate_ == nullptr) count_end();
    finish_drain();
}

void Server::end_tunnel(std::list<TlsTunnel>::iterator tunnel) {
    tunnels_.erase(tunnel);
    count_end();
    finish_drain();
}

void Server::count_end() {
    shared_.counters.open.subtract(1);
    open_.fetch_sub(1, std::memory_order_relaxed);
}

Awaitable<void> Server::tick_loop() {
    for (;;) {
        tick();  // also at once: the context may run long after the server was made
        tick_.expires_after(shared_.limits.tick);
        const auto [error] = co_await tick_.async_wait(use_tuple);
        if (error) co_return;
    }
}

void Server::tick() {
    const auto before = std::exchange(shared_.now, Clock::now());
    shared_.date = http_date(std::time(nullptr));
    const bool cut_off = shared_.now >= drain_deadline_;
    // A loop that stood still has not read what came in time: nobody is judged before it has.
    if (!cut_off && shared_.now - before > kStill * shared_.limits.tick) return;
    for (Session& session : sessions_) {
        if (cut_off) {
            session.abort();
        } else {
            session.check();
        }
    }
    for (TlsTunnel& tunnel : tunnels_) {
        if (cut_off) {
            tunnel.abort();
        } else {
            tunnel.check();
        }
    }
    if (cut_off) end_drain();
}

void Server::drain(std::chrono::milliseconds cap, std::function<void()> drained) {
    shared_.now = Clock::now();
    drain_deadline_ = std::min(drain_deadline_, shared_.now + cap);
    if (std::exchange(shared_.draining, true)) return;
    drained_ = std::move(drained);
    error_code ignored;
    acceptor_.cancel(ignored);
    pause_.cancel();
    for (Session& session : sessions_)
        session.drain();
    net::post(context_, [this] { finish_drain(); });
}

void Server::finish_drain() {
    if (shared_.draining && !accepting_ && sessions_.empty() && tunnels_.empty()) end_drain();
}

// Once; what it calls may destroy nothing of this server yet, since its sessions' coroutines are
// still on the stack.
void Server::end_drain() {
    tick_.cancel();
    if (const auto drained = std::exchange(drained_, nullptr)) net::post(context_, drained);
}

}  // namespace redirector::http
