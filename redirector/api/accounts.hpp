// Accounts: making one with its first operator and API key; reading and changing them, and whose
// key a call is made with.
// Errors:  create_...(): a sentence for the operator when the store refuses or does not answer;
//          done again, it goes on where it stopped.
// Threads: on the I/O thread of the client.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redis_client.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace redirector::api {

struct NewAccount {
    std::string id;  // of the account
    std::string operator_id;
    std::string name;
    std::string email;  // of the operator; may be empty
    std::string
        api_key;  // in clear: this is the only time that it exists outside its owner's hands
};

// Draws the IDs and the key.
NewAccount draw_account(std::string name, std::string email);

// Writes an account, its operator and the key's digest. Empty text: done.
Awaitable<std::string> create_account(store::RedisClient& redis, const NewAccount& account);

// When the store holds no account at all: makes one named "initial" whose Operator API key is
// `api_key`. Several nodes may do so at once, with the same key: one account comes of it. Empty
// text: done, or nothing to do.
Awaitable<std::string> create_initial_account(store::RedisClient& redis, std::string api_key);

}  // namespace redirector::api
