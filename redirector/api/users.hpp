// Application users: registered with an address and a password, or anonymous; each belongs to one
// application. Logging in makes a key; at most kMaxUserKeys of a user are good at a time, the
// oldest ends first.
// Errors:  answered. 401 for a wrong address, password or code alike; 429 with Retry-After when too
//          many were wrong.
// Threads: on the I/O thread of the call.
// Source:  reference/001 "Application Users"; reference/api-facts.md 8.
#pragma once

#include "redirector/api/call.hpp"
#include "redirector/api/documents.hpp"

#include <string>

namespace redirector::api {

inline constexpr std::size_t kMaxUserKeys = 20;

// Removes all users of an application. False: store down.
Awaitable<bool> remove_users_of(Call& call, std::string application);

// A new key of the user, noted in its document. Empty: answered.
Awaitable<std::string> issue_user_key(Call& call, const Document& user);

// The user by its ID, if it belongs to the key's application (or account). Nothing: answered.
Awaitable<std::optional<Document>> find_user(Call& call, std::string id);

// Handlers of user_login.cpp.
Awaitable<void> activate_user(Call& call);
Awaitable<void> log_in(Call& call);              // POST /auth/evrythng
Awaitable<void> log_in_with_access(Call& call);  // POST /users/login
Awaitable<void> log_out(Call& call);

}  // namespace redirector::api
