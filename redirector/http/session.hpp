// One connection: reads requests, has the application answer them, writes the replies in order.
// Shape:   every complete request in the buffer is answered before one write; what memory can
//          answer allocates nothing. See README.md for the loop.
// Errors:  any read or write error ends the session; a malformed request is answered first.
// Threads: owned by its Server, on that server's thread.
#pragma once

#include "redirector/app.hpp"
#include "redirector/http/counters.hpp"
#include "redirector/http/limits.hpp"
#include "redirector/http/request_reader.hpp"
#include "redirector/http/socket.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/intrusive/slist_hook.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <string>

namespace redirector::http {

using Clock = std::chrono::steady_clock;

class Turn;

// What all sessions of a server share. Outlives them.
struct Shared {
    App& app;
    Turn& turn;
    Limits limits;
    bool proxy_protocol = false;
    std::function<bool(const IpAddress&)> trusted_proxy;
    std::function<void()> on_turn_end;

    Counters counters;
    Clock::time_point now = Clock::now();  // as of the last tick: deadlines need no clock call
    std::string date;                      // http_date() of this second
    bool draining = false;
    bool turn_open = false;  // something was answered since on_turn_end was called last
};

// Linked into the list of Turn while it is there.
class Session final : private Readable,
                      public boost::intrusive::slist_base_hook<
                          boost::intrusive::link_mode<boost::intrusive::normal_link>> {
  public:
    Session(Socket::Base socket, const IpAddress& peer, Shared& shared);

    // Serves the connection to its end, the socket closed. Awaited once. `known`: the client's
    // address is what it is, no preamble comes.
    Awaitable<void> serve(bool known);
    // The same for a connection above the limit: 503 and close.
    Awaitable<void> turn_away();

    // Called at every tick: ends what its deadline has passed, and looks again at what an event may
    // have left out.
    void check();
    // The steps of Turn, in this order. What arrived is read: the request that is to be answered
    // first, if it is whole.
    const Request* read_arrived() noexcept;
    void answer_arrived() noexcept;
    // False: there is more to do, which end_turns() takes up; this session may be gone afterwards.
    bool send_answers();
    void end_turns();

    // The server drains: a silent connection gets limits.drain_idle to say something.
    void drain();
    // Ends the connection at once; serve() completes soon after.
    void abort();

  private:
    // What to do once the replies gathered so far are written.
    enum class Next { more, read, wait, yield, close, linger };
    // What the connection is waiting for, hence which deadline runs.
    enum class Waiting { nothing, request, head, body, application, write, preamble, linger };

    struct StartTurns;

    Awaitable<bool> take_preamble();
    Awaitable<Next> turns();
    void on_readable(const boost::system::error_code& error) override;
    Next receive();
    void note_defect() noexcept;
    Awaitable<void> end_turn();
    Awaitable<void> write_rest();
    Awaitable<bool> send_stream();
    Awaitable<void> linger();
    Next serve_ready();
    void begin_body();
    Next finish_reply();
    Next refuse(const Refusal& refusal);
    void append_refusal(const Refusal& refusal);
    Next received(const boost::system::error_code& error, std::size_t bytes);
    Next read_timed_out();
    bool write_now();
    bool wrote(std::size_t bytes);
    void close();
    void check_deadline();
    void look_again();
    void check_write();
    int unacknowledged();
    void wait_for_request();
    void wait_for(Waiting what, std::chrono::milliseconds time);

    Socket socket_;
    Shared& shared_;
    RequestReader reader_;
    Reply reply_;
    std::string output_;       // replies in request order ...
    std::size_t written_ = 0;  // ... up to here in the kernel's hands
    int unacknowledged_ = 0;   // when the write's deadline was set
    Waiting waiting_ = Waiting::nothing;
    Clock::time_point deadline_ = Clock::time_point::max();
    bool expired_ = false;        // the tick ended a read
    bool chunked_ = false;        // how the reply's stream is to be sent
    bool abandoned_ = false;      // the current request's body stays unread
    bool unsure_ = false;         // the last receive found less than it had room for, not nothing
    bool more_may_wait_ = false;  // the last receive filled its room
    Next turn_ = Next::more;      // what is to follow this turn
    bool woken_ = false;          // the tick ended a wait, since there is something to receive
    net::any_completion_handler<void(Next)> end_turns_;  // of turns(), while it goes on
    std::exception_ptr defect_;                          // thrown in one of them
};

}  // namespace redirector::http
