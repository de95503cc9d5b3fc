// One turn of the loop over all connections on which something arrived: what they asked is read,
// then answered, then sent, each step for all of them before the next.
// Shape:   the same few functions of ours and of the kernel run over and over, and stay in the
//          processor's caches; what answers will read from memory is fetched side by side (README.md
//          has the figures). A single request waits for nobody.
// Threads: the loop's own.
#pragma once

#include "redirector/async.hpp"
#include "redirector/request.hpp"

#include <boost/container/static_vector.hpp>

#include <cstddef>

namespace redirector::http {

struct Shared;
class Session;

class Turn {
  public:
    // `session` has received something. Its turn goes on once every event of this look at the
    // sockets is handled, and before any of the next; it outlives that. `shared` is the server's,
    // which this is a part of.
    void add(Session& session, Executor executor, Shared& shared);

  private:
    void run(Shared& shared);

    // As many as Asio's reactor takes of epoll at once.
    static constexpr std::size_t kMost = 128;

    boost::container::static_vector<Session*, kMost> arrived_;
};

}  // namespace redirector::http
