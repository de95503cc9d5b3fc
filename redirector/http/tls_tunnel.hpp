// One TLS connection: handshake, then bytes back and forth between the client and a Session, which
// sees plain text on a socket pair and knows nothing of TLS.
// Shape:   PROXY preamble where one is expected, handshake, two relays of 16 KB each. Costs two
//          descriptors and two copies more than TLS within the session would, and the plain path
//          nothing at all.
// Errors:  whatever fails ends the connection.
// Threads: owned by its Server, on that server's thread.
// Source:  RFC 8446; RFC 9112 9.8 (close_notify before the end).
#pragma once

#include "redirector/async.hpp"
#include "redirector/http/session.hpp"
#include "redirector/http/tls_certificate.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <array>
#include <functional>

namespace redirector::http {

class TlsTunnel {
  public:
    // Starts a session on the plain end, for a client of this address.
    using StartSession = std::function<void(Socket::Base inner, const IpAddress& client)>;

    TlsTunnel(Socket::Base socket,
              const IpAddress& peer,
              Shared& shared,
              TlsCertificate::Context context,
              StartSession start_session);

    // Serves the connection to its end. Awaited once.
    Awaitable<void> serve();

    // Called at every tick: ends what its deadline has passed.
    void check();
    // Ends the connection at once.
    void abort();

  private:
    using Stream = net::ssl::stream<Socket::Base>;
    using Buffer = std::array<char, 16'384>;

    Awaitable<bool> take_preamble();
    Awaitable<void> to_client();
    Awaitable<void> to_session();
    Socket::Base& client() { return stream_.next_layer(); }
    void wait(std::chrono::milliseconds time);
    int unacknowledged();
    void close();

    Shared& shared_;
    IpAddress peer_;
    TlsCertificate::Context context_;
    StartSession start_session_;
    Stream stream_;
    Socket::Base inner_;
    Clock::time_point deadline_ = Clock::time_point::max();
    int unacknowledged_ = -1;  // while writing to the client: when the deadline was set
    bool ending_ = false;      // the session has said all
    Buffer from_client_;
    Buffer from_session_;
};

}  // namespace redirector::http
