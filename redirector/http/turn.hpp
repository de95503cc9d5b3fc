// One turn of the loop over all connections on which something arrived: what they asked is read,
// then answered, then sent, each step for all of them before the next.
// Shape:   the same few functions of ours and of the kernel run over and over, and stay in the
//          processor's caches; what answers will read from memory is fetched side by side (README.md
//          has the figures). A single request waits for nobody.
//          What memory cannot answer, such as a code that is to be drawn, comes behind it, one at a
//          time with a look at the sockets in between: a redirect waits for two of them at most.
// Threads: the loop's own.
#pragma once

#include "redirector/async.hpp"
#include "redirector/http/session.hpp"

#include <boost/container/static_vector.hpp>
#include <boost/intrusive/slist.hpp>

#include <cstddef>

namespace redirector::http {

class Turn {
  public:
    // `shared` is that of the sessions, and outlives this; nothing is called any more once the loop
    // has ended.
    Turn(Executor executor, Shared& shared) : executor_(executor), shared_(shared) {}

    // `session` has received something. Its turn goes on once every event of this look at the
    // sockets is handled, and before any of the next; it outlives that.
    void add(Session& session);

  private:
    using Waiting = boost::intrusive::slist<Session, boost::intrusive::cache_last<true>>;

    void run();
    void go_on();

    // As many as Asio's reactor takes of epoll at once.
    static constexpr std::size_t kMost = 128;

    Executor executor_;
    Shared& shared_;
    boost::container::static_vector<Session*, kMost> arrived_;
    Waiting waiting_;
};

}  // namespace redirector::http
