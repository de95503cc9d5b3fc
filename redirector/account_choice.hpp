// Which account a command is about: the one that was named, else the only one there is.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redis_client.hpp"

#include <string>

namespace redirector {

// Sets an empty `account`; makes sure that one named is there. Text says what is wrong.
Awaitable<std::string> choose_account(store::RedisClient& redis, std::string& account);

}  // namespace redirector
