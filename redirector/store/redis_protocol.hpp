// The protocol half of a Redis connection, without a socket: commands become bytes, bytes
// become the replies of the commands they belong to.
// Shape:   replies match commands by position; a subscriber's pushed messages belong to none.
// Errors:  once feed() has failed the object is spent: the connection must be closed.
// Threads: one at a time.
// Source:  "Redis serialization protocol specification", RESP2; hiredis' reader for the
//          replies.
#pragma once

#include "redirector/store/redis_client.hpp"
#include "redirector/store/redis_reply.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::store {

// The bytes of one command: an array of bulk strings. Appended to `out`.
void append_command(std::string& out, const Command& command);

// At least as many bytes as append_command() appends.
std::size_t encoded_size_bound(const std::vector<Command>& batch) noexcept;

// Bytes in, whole replies out. Defined in redis_client.cpp, the one file that sees hiredis.
class ReplyReader {
  public:
    explicit ReplyReader(ReplyLimits limits);
    ~ReplyReader();
    ReplyReader(ReplyReader&&) noexcept;
    ReplyReader& operator=(ReplyReader&&) noexcept;

    // Appends to `out` each reply that these bytes complete. `protocol` on bytes that are not RESP2
    // and on a reply beyond the limits; what was complete before is in `out` all the same.
    boost::system::error_code feed(std::string_view bytes, std::vector<RedisReply>& out);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

class RedisProtocol {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Handler = RedisClient::ReplyHandler;

    // A batch whose last reply has come, or that has failed. The caller calls the handler.
    struct Finished {
        Handler handler;
        boost::system::error_code error;
        std::vector<RedisReply> replies;
    };

    // `subscriber`: arrays that begin with "message" or "pmessage" are pushed messages.
    RedisProtocol(ReplyLimits limits, bool subscriber);

    // Queues the batch (not empty) for take_output().
    void push(const std::vector<Command>& batch, TimePoint expires, Handler handler);

    // What is to be written next.
    std::string take_output();
    std::size_t output_bytes() const noexcept { return output_.size(); }

    boost::system::error_code feed(std::string_view bytes,
                                   std::vector<Finished>& finished,
                                   std::vector<RedisReply>& messages);

    // Every batch that waits, in order: those past their deadline with `deadline`, if that is what
    // `error` is, and the others with `disconnected`; any other `error` as it is. A new connection
    // may begin after this.
    std::vector<Finished> fail_all(boost::system::error_code error, TimePoint now);

    std::size_t commands_in_flight() const noexcept { return in_flight_; }
    TimePoint earliest_deadline() const noexcept;  // TimePoint::max() when nothing waits

  private:
    struct Pending {
        std::size_t expected;
        TimePoint expires;
        Handler handler;
        std::vector<RedisReply> replies;
    };

    bool is_message(const RedisReply& reply) const;

    ReplyLimits limits_;
    bool subscriber_;
    ReplyReader reader_;
    std::string output_;
    std::deque<Pending> pending_;
    std::size_t in_flight_ = 0;
};

}  // namespace redirector::store
