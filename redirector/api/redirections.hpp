// Redirections over HTTP: what a short ID stands for, created, read, changed and removed by who
// holds a key.
// Shape:   RedirectionDocument, as the table in tables.cpp.
// Errors:  through Call::refuse: 400 naming the field, 404 absent or not ours, 409 taken, 503 store
//          down.
// Threads: handlers run on the I/O thread of the call.
// Source:  reference/001 "Redirections"; reference/api-facts.md 9.
#pragma once

#include "redirector/api/call.hpp"
#include "redirector/api/schema.hpp"
#include "redirector/store/redirections.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::api {

// Short IDs that paths of the public listener use for something else: nobody may create them.
bool is_reserved(std::string_view short_id);

// What POST /redirections makes of a JSON body: the same checks. Account and times are left to the
// caller, and so is the short ID where the body has none.
struct NewRedirection {
    store::StoredRedirection stored;
    Problems problems;  // empty: it is good
};
NewRedirection read_new_redirection(const Config& config, std::string_view body);

// The redirection, if the key sees its resource; nothing: answered.
Awaitable<std::optional<store::StoredRedirection>> find_redirection(Call& call,
                                                                    std::string short_id);

// POST /redirections: 201 with Location. Returns the new short ID, empty when it was refused.
Awaitable<std::string> create_redirection(Call& call);

// Takes out the redirections of resources that the key does not see; an operator's sees all of its
// account, whether the resource exists or not. False: answered.
Awaitable<bool> keep_visible(Call& call, std::vector<store::StoredRedirection>& redirections);

Awaitable<void> read_redirection(Call& call);         // GET /redirections/{shortId}
Awaitable<void> read_public_redirection(Call& call);  // GET /{shortId} as JSON: no key needed
Awaitable<void> list_redirections(Call& call);        // GET /redirections
Awaitable<void> update_redirection(Call& call);       // PUT /redirections/{shortId}
Awaitable<void> remove_redirection(Call& call);       // DELETE /redirections/{shortId}

}  // namespace redirector::api
