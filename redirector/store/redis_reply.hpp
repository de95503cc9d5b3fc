// What a Redis server answers, and what can go wrong on the way to it.
// Shape:   RESP2 values (Redis 7.0, "Redis serialization protocol"), plain std types.
// Errors:  RedisError is the closed list of failures of a connection. An error *reply* ("-ERR
//          ...") is not among them: it is a RedisReply of type `error`, since the connection
//          lives on.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace redirector::store {

// One command, its name first: {"SET", "c:l:ABC", "..."}. Any bytes may stand in any part.
using Command = std::vector<std::string>;

struct RedisReply {
    enum class Type : std::uint8_t { nil, status, error, integer, text, array };

    Type type = Type::nil;
    std::int64_t integer = 0;          // of `integer`
    std::string text;                  // of `status` (without '+'), `error` (without '-'), `text`
    std::vector<RedisReply> elements;  // of `array`

    bool is_nil() const { return type == Type::nil; }
    bool is_error() const { return type == Type::error; }

    friend bool operator==(const RedisReply&, const RedisReply&) = default;
};

// Why a server that answers does not write.
enum class WriteRefusal : std::uint8_t { none, disk, memory, replica, replicas };

// By the first word of an error reply; `none` for all else.
WriteRefusal write_refusal(const RedisReply& reply) noexcept;

// "its memory is full"
std::string_view describe(WriteRefusal refusal) noexcept;

enum class RedisError {
    disconnected = 1,  // no connection now, or lost before the reply came: the command may have run
    deadline,          // no reply in time: the command may have run; the connection was dropped
    overloaded,        // too much is queued already; nothing of this batch was sent
    auth,              // the server wants another user or password: a setting is wrong
    refused,      // the server refused the connection's first commands (RedisClient::last_refusal)
    loading,      // the server is reading its data set and will answer later
    protocol,     // bytes that are not RESP2, or a reply beyond the limits
    not_primary,  // the server is a replica, or was replaced by another: the primary is looked for
    stopped,      // stop() was called
};

const boost::system::error_category& redis_category() noexcept;

inline boost::system::error_code make_error_code(RedisError e) noexcept {
    return {static_cast<int>(e), redis_category()};
}

template <class T>
using RedisResult = boost::system::result<T, boost::system::error_code>;

}  // namespace redirector::store

template <>
struct boost::system::is_error_code_enum<redirector::store::RedisError> : std::true_type {};
