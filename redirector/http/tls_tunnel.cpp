#include "redirector/http/tls_tunnel.hpp"

#include "redirector/http/proxy_preamble.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include <linux/sockios.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

namespace redirector::http {

using boost::system::error_code;
using net::ip::tcp;

TlsTunnel::TlsTunnel(Socket::Base socket,
                     const IpAddress& peer,
                     Shared& shared,
                     TlsCertificate::Context context,
                     StartSession start_session)
    : shared_(shared),
      peer_(peer),
      context_(std::move(context)),
      start_session_(std::move(start_session)),
      stream_(std::move(socket), *context_),
      inner_(client().get_executor()) {}

Awaitable<void> TlsTunnel::serve() {
    using namespace net::experimental::awaitable_operators;
    bool good = true;
    if (shared_.proxy_protocol) good = co_await take_preamble();
    if (good) {
        wait(shared_.limits.handshake_time);
        const auto [error] = co_await stream_.async_handshake(Stream::server, use_tuple);
        good = !error;
        if (error) shared_.counters.handshake_failures.add(1);
    }
    std::array<int, 2> pair{};
    if (good && ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0) {
        deadline_ = Clock::time_point::max();
        inner_.assign(tcp::v4(), pair[0]);
        start_session_(Socket::Base(inner_.get_executor(), tcp::v4(), pair[1]), peer_);
        Awaitable<void> down = to_client();
        Awaitable<void> up = to_session();
        co_await (std::move(down) && std::move(up));
    }
    close();
}

// One byte at a time: what follows is the handshake's.
Awaitable<bool> TlsTunnel::take_preamble() {
    if (!shared_.trusted_proxy || !shared_.trusted_proxy(peer_)) co_return false;
    wait(shared_.limits.preamble_time);
    std::string seen;
    for (;;) {
        char byte = 0;
        const auto buffer = net::buffer(&byte, 1);
        const auto [error, bytes] = co_await client().async_read_some(buffer, use_tuple);
        if (error) co_return false;
        seen += byte;
        const Preamble preamble = read_preamble(seen);
        if (preamble.state == Preamble::State::malformed) co_return false;
        if (preamble.state == Preamble::State::need_more) continue;
        if (preamble.source) peer_ = *preamble.source;
        co_return true;
    }
}

// Until the session has closed or half-closed its end: then the client is told so.
Awaitable<void> TlsTunnel::to_client() {
    error_code error;
    while (!error) {
        const auto room = net::buffer(from_session_);
        const auto [read_error, bytes] = co_await inner_.async_read_some(room, use_tuple);
        error = read_error;
        if (error) break;
        unacknowledged_ = unacknowledged();
        wait(shared_.limits.write_time);
        const auto plain = net::buffer(from_session_.data(), bytes);
        const auto [write_error, written] = co_await net::async_write(stream_, plain, use_tuple);
        error = write_error;
        unacknowledged_ = -1;
        deadline_ = Clock::time_point::max();
    }
    ending_ = true;
    wait(shared_.limits.linger_time);
    // Completes once the client says the same; what it still sends goes to the lingering session.
    if (error == net::error::eof) (void)co_await stream_.async_shutdown(use_tuple);
    close();
}

// Until the client ends its stream, or nobody takes what it sends.
Awaitable<void> TlsTunnel::to_session() {
    error_code error;
    while (!error) {
        const auto room = net::buffer(from_client_);
        const auto [read_error, bytes] = co_await stream_.async_read_some(room, use_tuple);
        error = read_error;
        if (error) break;
        const auto plain = net::buffer(from_client_.data(), bytes);
        const auto [write_error, written] = co_await net::async_write(inner_, plain, use_tuple);
        error = write_error;
    }
    error_code ignored;
    if (inner_.is_open()) inner_.shutdown(Socket::Base::shutdown_send, ignored);
}

// `now` is as old as the last tick: one tick more, lest a deadline come early.
void TlsTunnel::wait(std::chrono::milliseconds time) {
    deadline_ = shared_.now + time + shared_.limits.tick;
}

void TlsTunnel::check() {
    if (shared_.now < deadline_) return;
    if (ending_) return close();
    const int left = unacknowledged_ < 0 ? -1 : unacknowledged();
    if (left >= 0 && left < unacknowledged_) {
        unacknowledged_ = left;
        return wait(shared_.limits.write_time);
    }
    shared_.counters.timeouts.add(1);
    abort();
}

void TlsTunnel::abort() {
    error_code ignored;
    if (client().is_open()) client().set_option(Socket::Base::linger(true, 0), ignored);
    close();
}

// Bytes in the kernel's hands that the client has not confirmed.
int TlsTunnel::unacknowledged() {
    int bytes = 0;
    ioctl(client().native_handle(), SIOCOUTQ, &bytes);
    return bytes;
}

void TlsTunnel::close() {
    deadline_ = Clock::time_point::max();
    error_code ignored;
    client().close(ignored);
    inner_.close(ignored);
}

}  // namespace redirector::http
