#include "redirector/store/redis_reply.hpp"

namespace redirector::store {
namespace {

class RedisCategory final : public boost::system::error_category {
  public:
    const char* name() const noexcept override { return "redis"; }

    std::string message(int value) const override {
        switch (static_cast<RedisError>(value)) {
            case RedisError::disconnected:
                return "Redis cannot be reached";
            case RedisError::deadline:
                return "Redis did not answer in time";
            case RedisError::overloaded:
                return "too many commands wait for Redis";
            case RedisError::auth:
                return "Redis refused the user or password";
            case RedisError::refused:
                return "Redis refused the connection";
            case RedisError::loading:
                return "Redis is still loading its data";
            case RedisError::protocol:
                return "Redis sent something that is not its protocol";
            case RedisError::not_primary:
                return "the server is not the primary";
            case RedisError::stopped:
                return "the Redis client was stopped";
        }
        return "unknown Redis error";
    }
};

}  // namespace

WriteRefusal write_refusal(const RedisReply& reply) noexcept {
    if (!reply.is_error()) return WriteRefusal::none;
    const std::string_view text = reply.text;
    const std::string_view word = text.substr(0, text.find(' '));
    if (word == "MISCONF") return WriteRefusal::disk;
    if (word == "OOM") return WriteRefusal::memory;
    if (word == "READONLY") return WriteRefusal::replica;
    if (word == "NOREPLICAS") return WriteRefusal::replicas;
    return WriteRefusal::none;
}

std::string_view describe(WriteRefusal refusal) noexcept {
    switch (refusal) {
        case WriteRefusal::none:
            break;
        case WriteRefusal::disk:
            return "its disk is full or fails";
        case WriteRefusal::memory:
            return "its memory is full";
        case WriteRefusal::replica:
            return "it is a replica";
        case WriteRefusal::replicas:
            return "it has too few replicas";
    }
    return "it writes";
}

const boost::system::error_category& redis_category() noexcept {
    static const RedisCategory category;
    return category;
}

}  // namespace redirector::store
