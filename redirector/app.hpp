// The application behind a listener: what http/session hands each request to. app.cpp holds the two
// route tables.
// Threads: one App per listener and I/O thread.
#pragma once

#include "redirector/async.hpp"
#include "redirector/reply.hpp"
#include "redirector/request.hpp"

#include <span>

namespace redirector {

class App {
  public:
    virtual ~App() = default;

    // Answers what memory can answer (a cached redirection, a fixed page) and returns true; returns
    // false, with `reply` untouched, when the answer must wait for something: then the session
    // awaits answer(). Never throws.
    virtual bool answer_now(const Request& request, Reply& reply) = 0;

    // Told of requests that arrived together, before answer_now() of each: may bring what their
    // answers will read from memory into the processor's caches, for all of them side by side.
    virtual void prefetch(std::span<const Request* const> /*requests*/) noexcept {}

    // Answers any request; may suspend. `request` and `reply` stay valid until it completes. Never
    // throws.
    virtual Awaitable<void> answer(const Request& request, Reply& reply) = 0;

    // The largest request body that the route takes, in bytes; 0 where it takes none. Asked once
    // the header is complete, before any of the body is read; a longer one is answered with 413.
    virtual std::size_t body_limit(const Request& request) const = 0;

    // Answers for the session where no handler is reached: a request that it refuses itself, with
    // its status (4xx or 5xx) and one sentence that names what was wrong. `reply` is empty on
    // entry.
    virtual void refuse(int status, std::string_view reason, Reply& reply) = 0;
};

}  // namespace redirector
