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

const boost::system::error_category& redis_category() noexcept {
    static const RedisCategory category;
    return category;
}

}  // namespace redirector::store
