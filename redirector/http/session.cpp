#include "redirector/http/session.hpp"

#include "redirector/body_stream.hpp"
#include "redirector/http/proxy_preamble.hpp"
#include "redirector/http/turn.hpp"
#include "redirector/http/wire.hpp"

#include <boost/asio/post.hpp>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

namespace redirector::http {

namespace {

using boost::system::error_code;

// Capacity that a large reply may leave behind in an idle connection's strings.
constexpr std::size_t kKept = 65'536;

void empty(std::string& text) {
    text.clear();
    if (text.capacity() > kKept) text.shrink_to_fit();
}

}  // namespace

Session::Session(Socket::Base socket, const IpAddress& peer, Shared& shared)
    : socket_(std::move(socket)), shared_(shared), reader_(shared.limits) {
    reader_.set_peer(peer);
    // Writes are tried at once, without the reactor.
    error_code ignored;
    socket_.non_blocking(true, ignored);
}

Awaitable<void> Session::serve(bool known) {
    Next next = Next::more;
    if (shared_.proxy_protocol && !known) {
        const bool believed = co_await take_preamble();
        if (!believed) next = Next::close;
    }
    for (;;) {
        if (next == Next::more) next = serve_ready();
        if (!output_.empty()) {
            if (shared_.on_turn_end) co_await end_turn();
            if (!write_now()) co_await write_rest();
        }
        if (next == Next::close || !socket_.is_open()) break;
        if (next == Next::read) {
            // What came since the last receive raised its event while nobody waited for it.
            wait_for_request();
            next = receive();
            if (next == Next::more) next = Next::yield;  // a flood must not keep the loop
            if (next == Next::read) next = co_await turns();
            if (defect_) std::rethrow_exception(std::exchange(defect_, nullptr));
        } else if (next == Next::wait) {
            waiting_ = Waiting::application;
            deadline_ = Clock::time_point::max();
            co_await shared_.app.answer(reader_.request(), reply_);
            next = finish_reply();
            if (reply_.stream) {
                const bool whole = co_await send_stream();
                if (!whole) next = Next::close;
            }
        } else if (next == Next::linger) {
            co_await linger();
            break;
        } else {
            co_await net::post(socket_.get_executor(), use_tuple);
            next = Next::more;
        }
    }
    close();
}

// The common turns of a connection: what one receive brings is answered in memory and sent, in the
// steps of Turn. Completes with the first thing that takes more, and with what is then left in output_.
struct Session::StartTurns {
    Session* session;

    template <class Handler>
    void operator()(Handler&& end) const {
        // By swap: Boost 1.81 moves a handler into another by copying it without end.
        net::any_completion_handler<void(Next)>(std::forward<Handler>(end))
            .swap(session->end_turns_);
        session->unsure_ = false;
        session->socket_.wait_readable(*session);
    }
};

Awaitable<Session::Next> Session::turns() {
    constexpr net::use_awaitable_t<Executor> token;
    return net::async_initiate<const net::use_awaitable_t<Executor>, void(Next)>(StartTurns{this},
                                                                                 token);
}

void Session::on_readable(const error_code& error) {
    const bool ended = error && !std::exchange(woken_, false);
    try {
        turn_ = ended ? received(error, 0) : receive();
        if (turn_ == Next::more) return shared_.turn.add(*this);
    } catch (...) {
        note_defect();
    }
    if (turn_ != Next::read) return end_turns();
    wait_for_request();
    socket_.wait_readable(*this);
}

const Request* Session::read_arrived() noexcept {
    if (reader_.reading_body()) return nullptr;  // there is more to it than the next step
    try {
        if (reader_.next() == RequestReader::Step::complete) return &reader_.request();
    } catch (...) {
        note_defect();
    }
    return nullptr;
}

void Session::answer_arrived() noexcept {
    if (turn_ != Next::more) return;
    try {
        turn_ = serve_ready();
    } catch (...) {
        note_defect();
    }
}

void Session::note_defect() noexcept {
    defect_ = std::current_exception();
    turn_ = Next::close;
}

bool Session::send_answers() {
    const bool written = output_.empty() || write_now();
    if (turn_ != Next::read || !written) return false;
    if (more_may_wait_) {
        turn_ = Next::yield;
        return false;
    }
    wait_for_request();
    socket_.wait_readable(*this);
    return true;
}

// Takes up serve() again, at whose end this session is gone.
void Session::end_turns() {
    auto end = std::move(end_turns_);
    std::move(end)(turn_);
}

// Takes what has arrived: Next::read when that is nothing.
Session::Next Session::receive() {
    const std::span<char> room = reader_.room();
    error_code error;
    const std::size_t bytes = socket_.read_some(net::buffer(room.data(), room.size()), error);
    unsure_ = !error;
    more_may_wait_ = bytes == room.size();
    if (error == net::error::would_block) return Next::read;
    return received(error, bytes);
}

Awaitable<void> Session::turn_away() {
    append_refusal({503, "Too many connections are open."});
    if (!write_now()) co_await write_rest();
    co_await linger();
    close();
}

// Answers every request that has arrived whole, as far as memory can, for one write.
Session::Next Session::serve_ready() {
    std::size_t served = 0;
    while (served < shared_.limits.pipelined && output_.size() < shared_.limits.output) {
        switch (reader_.next()) {
            case RequestReader::Step::need_more:
                return Next::read;
            case RequestReader::Step::refused:
                return refuse(reader_.refusal());
            case RequestReader::Step::body:
                begin_body();
                break;
            case RequestReader::Step::complete:
                reply_.clear();
                if (!shared_.app.answer_now(reader_.request(), reply_)) return Next::wait;
                const Next next = finish_reply();
                if (next != Next::more) return next;
                ++served;
        }
    }
    return Next::yield;
}

void Session::begin_body() {
    const std::size_t limit = shared_.app.body_limit(reader_.request());
    if (limit == 0) {
        // Whoever sends a body where none is read gets the answer, and the end of the connection.
        abandoned_ = true;
        reader_.leave_body();
    } else if (reader_.take_body(limit) && reader_.wants_continue()) {
        output_.append(kContinue);
    }
}

Session::Next Session::finish_reply() {
    // While draining, what is pipelined behind this request is still answered: its client could not
    // know.
    const bool unread = !reader_.unread().empty();
    Framing framing;
    framing.head_only = reader_.request().method == Method::head;
    if (reply_.stream) framing.length = reader_.http_1_0() ? Length::until_close : Length::chunked;
    if (framing.head_only) reply_.stream.reset();
    const bool closing = reply_.close || abandoned_ || !reader_.keep_alive() ||
                         framing.length == Length::until_close || (shared_.draining && !unread);
    chunked_ = framing.length == Length::chunked;
    if (closing) {
        framing.persistence = Persistence::close;
    } else if (reader_.http_1_0()) {
        framing.persistence = Persistence::keep_http_1_0;
    }
    append_reply(reply_, framing, shared_.date, output_);
    if (reply_.body.size() > kKept) empty(reply_.body);
    shared_.counters.requests.add(1);
    shared_.turn_open = true;
    waiting_ = Waiting::nothing;
    if (closing) return abandoned_ || unread ? Next::linger : Next::close;
    reader_.pop();
    return Next::more;
}

Session::Next Session::refuse(const Refusal& refusal) {
    append_refusal(refusal);
    shared_.counters.requests.add(1);
    shared_.counters.refusals.add(1);
    return Next::linger;
}

void Session::append_refusal(const Refusal& refusal) {
    reply_.clear();
    shared_.app.refuse(refusal.status, refusal.reason, reply_);
    if (refusal.status == 503) reply_.add("Retry-After", "1");
    Framing framing;
    framing.head_only = reader_.request().method == Method::head;
    framing.persistence = Persistence::close;
    append_reply(reply_, framing, shared_.date, output_);
}

Session::Next Session::received(const error_code& error, std::size_t bytes) {
    const bool timed_out = std::exchange(expired_, false);
    if (!error) {
        shared_.counters.bytes_in.add(bytes);
        reader_.commit(bytes);
        return Next::more;
    }
    return timed_out ? read_timed_out() : Next::close;
}

Session::Next Session::read_timed_out() {
    if (waiting_ != Waiting::request) {
        shared_.counters.timeouts.add(1);
        return refuse({408, "The request took too long to arrive."});
    }
    // A request may have come at the last moment: closing now would lose it.
    const std::span<char> room = reader_.room();
    error_code error;
    const std::size_t bytes = socket_.read_some(net::buffer(room.data(), room.size()), error);
    return received(error, bytes);
}

// Calls on_turn_end behind everything that is ready in this turn of the loop, once for all
// connections that answered something in it.
Awaitable<void> Session::end_turn() {
    co_await net::post(socket_.get_executor(), use_tuple);
    if (std::exchange(shared_.turn_open, false)) shared_.on_turn_end();
}

// True when nothing is left to write: all was taken, or the connection is broken and closed.
bool Session::write_now() {
    const auto rest = net::buffer(output_.data() + written_, output_.size() - written_);
    error_code error;
    const std::size_t bytes = socket_.write_some(rest, error);
    if (error && error != net::error::would_block) {
        close();
        return true;
    }
    return wrote(bytes);
}

bool Session::wrote(std::size_t bytes) {
    shared_.counters.bytes_out.add(bytes);
    written_ += bytes;
    if (written_ < output_.size()) return false;
    written_ = 0;
    empty(output_);
    return true;
}

Awaitable<void> Session::write_rest() {
    for (bool done = false; !done && socket_.is_open();) {
        wait_for(Waiting::write, shared_.limits.write_time);
        unacknowledged_ = unacknowledged();
        const auto rest = net::buffer(output_.data() + written_, output_.size() - written_);
        const auto [error, bytes] = co_await socket_.async_write_some(rest, use_tuple);
        if (error) {
            close();
        } else {
            done = wrote(bytes);
        }
    }
    waiting_ = Waiting::nothing;
}

// Sends the body whose head finish_reply() has appended, a piece at a time. True: whole. Nothing of
// the request is needed any more.
Awaitable<bool> Session::send_stream() {
    const std::shared_ptr<BodyStream> stream = std::exchange(reply_.stream, nullptr);
    std::string piece;
    BodyStream::Step step = BodyStream::Step::more;
    while (step == BodyStream::Step::more && socket_.is_open()) {
        piece.clear();
        waiting_ = Waiting::application;
        deadline_ = Clock::time_point::max();
        step = co_await stream->next(piece);
        if (step == BodyStream::Step::failed) {
            abort();
        } else if (chunked_) {
            append_chunk(piece, output_);
            if (step == BodyStream::Step::end) output_.append(kLastChunk);
        } else {
            output_.append(piece);
        }
        if (socket_.is_open() && !write_now()) co_await write_rest();
    }
    waiting_ = Waiting::nothing;
    co_return socket_.is_open();
}

// RFC 9112 9.6: what the client still sends is read and dropped for a while; closing at once would
// make the kernel send a reset, which may overtake the answer.
Awaitable<void> Session::linger() {
    error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    wait_for(Waiting::linger, shared_.limits.linger_time);
    const std::span<char> scratch = reader_.scratch();
    const auto buffer = net::buffer(scratch.data(), scratch.size());
    for (std::size_t dropped = 0; !error && dropped < shared_.limits.linger;) {
        const auto [read_error, bytes] = co_await socket_.async_read_some(buffer, use_tuple);
        error = read_error;
        dropped += bytes;
    }
}

Awaitable<bool> Session::take_preamble() {
    if (!shared_.trusted_proxy || !shared_.trusted_proxy(reader_.request().peer)) co_return false;
    wait_for(Waiting::preamble, shared_.limits.preamble_time);
    for (;;) {
        const Preamble preamble = read_preamble(reader_.unread());
        if (preamble.state == Preamble::State::complete) {
            reader_.drop(preamble.length);
            if (preamble.source) reader_.set_peer(*preamble.source);
            co_return true;
        }
        if (preamble.state == Preamble::State::malformed) co_return false;
        const std::span<char> room = reader_.room();
        const auto buffer = net::buffer(room.data(), room.size());
        const auto [error, bytes] = co_await socket_.async_read_some(buffer, use_tuple);
        if (error) co_return false;
        reader_.commit(bytes);
    }
}

void Session::wait_for_request() {
    if (reader_.between_requests()) {
        const auto& limits = shared_.limits;
        wait_for(Waiting::request, shared_.draining ? limits.drain_idle : limits.idle_time);
    } else if (reader_.reading_body()) {
        // The deadlines of head and body run from their first byte, not from the last.
        if (waiting_ != Waiting::body) wait_for(Waiting::body, shared_.limits.body_time);
    } else if (waiting_ != Waiting::head) {
        wait_for(Waiting::head, shared_.limits.head_time);
    }
}

// `now` is as old as the last tick: one tick more, lest a deadline come early.
void Session::wait_for(Waiting what, std::chrono::milliseconds time) {
    waiting_ = what;
    deadline_ = shared_.now + time + shared_.limits.tick;
}

void Session::check() {
    look_again();
    check_deadline();
}

// Once after each receive that found less than it had room for: the end of the stream may have come
// with it, unnoticed.
void Session::look_again() {
    if (!unsure_ || !socket_.waiting()) return;
    unsure_ = false;
    char next = 0;
    const ssize_t found =
        ::recv(socket_.native_handle(), &next, sizeof next, MSG_PEEK | MSG_DONTWAIT);
    if (found < 0) return;  // nothing, or an error, which raises an event
    woken_ = true;
    error_code ignored;
    socket_.cancel(ignored);
}

void Session::check_deadline() {
    if (shared_.now < deadline_) return;
    deadline_ = Clock::time_point::max();
    switch (waiting_) {
        case Waiting::request:
        case Waiting::head:
        case Waiting::body: {
            if (!socket_.waiting()) {  // in its turn: to be seen at the next tick
                deadline_ = shared_.now;
                return;
            }
            expired_ = true;
            error_code ignored;
            socket_.cancel(ignored);
            return;
        }
        case Waiting::write:
            return check_write();
        case Waiting::preamble:
            shared_.counters.timeouts.add(1);
            return abort();
        case Waiting::linger:
            return close();
        case Waiting::nothing:
        case Waiting::application:
            return;
    }
}

// The socket becomes writable only when a third of the kernel's buffer is free, megabytes on a fast
// network: a slow client makes progress long before that.
void Session::check_write() {
    const int left = unacknowledged();
    if (left < unacknowledged_) {
        unacknowledged_ = left;
        return wait_for(Waiting::write, shared_.limits.write_time);
    }
    shared_.counters.timeouts.add(1);
    abort();
}

// Bytes in the kernel's hands that the client has not confirmed.
int Session::unacknowledged() {
    int bytes = 0;
    ioctl(socket_.native_handle(), SIOCOUTQ, &bytes);
    return bytes;
}

void Session::drain() {
    const Clock::time_point grace = shared_.now + shared_.limits.drain_idle;
    if (waiting_ == Waiting::request && grace < deadline_) deadline_ = grace;
}

void Session::abort() {
    // With a reset, so that the kernel drops unsent replies at once.
    error_code ignored;
    socket_.set_option(Socket::linger(true, 0), ignored);
    close();
}

void Session::close() {
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace redirector::http
