// API keys as they are kept: the actor under the key's digest.
// Errors:  false when the store does not answer.
// Threads: on the I/O thread of the call.
#pragma once

#include "redirector/api/call.hpp"

#include <span>
#include <string>

namespace redirector::api {

struct NewKey {
    std::string key;
    Actor actor;
};

// Puts keys in force; again is harmless.
Awaitable<bool> put_keys(Call& call, std::vector<NewKey> keys);

// Ends keys, by their digests; unknown ones are passed over.
Awaitable<bool> revoke_digests(Call& call, std::vector<std::string> digests);
Awaitable<bool> revoke_key(Call& call, std::string key);

}  // namespace redirector::api
