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

// A target of 2,048 bytes, and what else a document that is sent back holds. The public listener
// reads these bodies too, on the threads that redirect.
inline constexpr std::size_t kRedirectionBody = 16 * 1024;

// Short IDs that paths of the public listener use for something else: nobody may create them.
bool is_reserved(std::string_view short_id);

// What POST /redirections makes of a JSON body: the same checks. Account and times are left to the
// caller, and so is the short ID where the body has none.
struct NewRedirection {
    store::StoredRedirection stored;
    Problems problems;  // empty: it is good
};
NewRedirection read_new_redirection(const Config& config, std::string_view body);

// The document of a redirection, as it is shown.
boost::json::object to_json(const Config& config, const store::StoredRedirection& stored);

// The request's body as the fields to store; nothing: answered.
std::optional<boost::json::object> take_redirection(Call& call,
                                                    const DocumentSpec& spec,
                                                    Verb verb);

// The redirection, if the key sees its resource; nothing: answered.
Awaitable<std::optional<store::StoredRedirection>> find_redirection(Call& call,
                                                                    std::string short_id);

// The redirection with the update in force; nothing: answered.
Awaitable<std::optional<store::StoredRedirection>> change_redirection(
    Call& call, std::string short_id, const boost::json::object& update);

// Removes one that was found; what went wrong is answered.
Awaitable<void> remove_found(Call& call, store::StoredRedirection found);

// POST /redirections: 201 with Location. Returns the new short ID, empty when it was refused.
Awaitable<std::string> create_redirection(Call& call);

// Takes out the redirections of resources that the key does not see, or that are not in `project`
// unless it is empty; an operator's key sees all of its account, whether the resource exists or
// not. False: answered.
Awaitable<bool> keep_visible(Call& call,
                             std::vector<store::StoredRedirection>& redirections,
                             std::string_view project = {});

Awaitable<void> read_redirection(Call& call);         // GET /redirections/{shortId}
Awaitable<void> read_public_redirection(Call& call);  // GET /{shortId} as JSON: no key needed
Awaitable<void> update_redirection(Call& call);       // PUT /redirections/{shortId}
Awaitable<void> remove_redirection(Call& call);       // DELETE /redirections/{shortId}

// redirection_lists.cpp: those of ?ids=, or of ?evrythngId=, ?filter= and ?project= together.
Awaitable<void> list_redirections(Call& call);    // GET /redirections
Awaitable<void> update_redirections(Call& call);  // PUT /redirections: 204
Awaitable<void> remove_redirections(Call& call);  // DELETE /redirections: 204

}  // namespace redirector::api
