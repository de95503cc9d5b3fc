// The shipper's door to Redis: commands in, answers out. The root implements it over the store's
// client; tests over a raw connection.
// Errors:  an error means that nothing is known of any command of the exchange.
// Threads: used by the shipper's coroutine alone, on its io_context.
#pragma once

#include "redirector/async.hpp"

#include <boost/system/error_code.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::scan {

// One command (name and arguments) and the key that picks its cluster slot. Views stay valid until
// the exchange is over.
struct Command {
    std::string_view key;
    std::vector<std::string_view> words;
};

struct Answer {
    enum class Kind : std::uint8_t { text, nil, error };
    Kind kind = Kind::nil;
    std::string text;  // bulk or status string, an integer in decimal, or the error's text
};

class Sink {
  public:
    virtual ~Sink() = default;

    // Sends all commands at once and fills `answers`, one per command, in order. Must not send a
    // command twice on its own (MOVED and ASK redirections excepted), must end within a deadline of
    // its own, and on failure returns the error (answers are then meaningless).
    virtual Awaitable<boost::system::error_code> exchange(std::span<const Command> commands,
                                                          std::vector<Answer>& answers) = 0;

    // Rises whenever a connection to Redis was made anew: what it holds may have been rolled back.
    virtual std::uint64_t generation() const noexcept = 0;
};

}  // namespace redirector::scan
