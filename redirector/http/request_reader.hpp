// Bytes of a connection -> requests: "these bytes arrived" is answered by the next step to take.
// Shape:   one buffer of fixed size per connection. A head must lie in it whole; the fields that
//          anyone reads become views into it, all others are checked and skipped. A body is
//          gathered in a string of its own. No socket, no clock: those are the session's.
// Errors:  as a Refusal: the status to answer with, after which no byte is read as a request.
// Threads: belongs to one session.
// Source:  RFC 9112, stricter where tolerance lets two readers frame one message differently:
//          README.md lists each such rule.
#pragma once

#include "redirector/http/limits.hpp"
#include "redirector/http/request_head.hpp"
#include "redirector/request.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace redirector::http {

class RequestReader {
  public:
    enum class Step {
        need_more,  // nothing complete: fill room() and commit()
        body,       // head complete, a body follows: say take_body() or leave_body()
        complete,   // request() is whole: answer it, then pop()
        refused,    // see refusal()
    };

    // `limits` must outlive the reader. The buffer is allocated here, once.
    explicit RequestReader(const Limits& limits);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    // Where the next bytes may go, at least one after need_more; then how many came.
    std::span<char> room();
    void commit(std::size_t bytes);

    // Goes on with what has arrived. Never reads past the end of the current request.
    Step next();

    // The current request, from Step::body or Step::complete to pop(). Its host is in lower case
    // and passed the grammar of RFC 3986 3.2.2; an absolute-form target's authority stands for it
    // (RFC 9112 3.2.2), and "*" of OPTIONS is given as "/".
    const Request& request() const;
    void set_peer(const IpAddress& peer);

    // After Step::body: read the body up to `limit` bytes; false (and refused) when the head
    // already promises more. `wants_continue` tells whether the client waits for kContinue.
    bool take_body(std::size_t limit);
    bool wants_continue() const;
    // After Step::body: answer without reading it. The connection cannot go on after that.
    void leave_body();

    bool keep_alive() const;  // what the client asks for, its version's default applied
    bool http_1_0() const;
    Refusal refusal() const;

    // Forgets the current request; the views in it die.
    void pop();

    // Bytes that arrived and belong to no request yet (the PROXY preamble is read from these).
    std::string_view unread() const;
    void drop(std::size_t bytes);

    // The whole buffer, for bytes that nobody will read: the current request is gone then.
    std::span<char> scratch();

    bool between_requests() const;  // nothing of a next request has arrived
    bool reading_body() const;      // its head is complete

  private:
    struct State;  // keeps Beast out of this header
    std::unique_ptr<State> state_;
};

}  // namespace redirector::http
