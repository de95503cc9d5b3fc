// The handlers that all resources share: create, read, list, update, update many, remove,
// remove many. A route names its Resource; what is special about one is in its table and its hooks (documents.hpp).
// Errors:  answered.
// Threads: on the I/O thread of the call.
#pragma once

#include "redirector/api/body.hpp"
#include "redirector/api/documents.hpp"
#include "redirector/api/query.hpp"

namespace redirector::api {

Awaitable<void> create_resource(Call& call);   // POST: 201 with Location
Awaitable<void> list_resources(Call& call);    // GET
Awaitable<void> read_resource(Call& call);     // GET .../{id}
Awaitable<void> update_resource(Call& call);   // PUT .../{id}
Awaitable<void> update_resources(Call& call);  // PUT with ?ids= or ?filter=: 204
Awaitable<void> remove_resource(Call& call);   // DELETE .../{id}
Awaitable<void> remove_resources(Call& call);  // DELETE with ?ids= or ?filter=: 204

// The parts, for routes that are almost like these. The body must have been checked.
Awaitable<std::optional<boost::json::object>> create_from(Call& call,
                                                          const Resource& resource,
                                                          boost::json::object document);
Awaitable<std::optional<Document>> update_from(Call& call,
                                               const Resource& resource,
                                               std::string id,
                                               boost::json::object update);
Awaitable<bool> remove_with_all(Call& call, const Resource& resource, std::string id);

// The request's body as a checked document; nothing when it was refused, which is answered.
std::optional<boost::json::object> take_body(Call& call, const DocumentSpec& spec, Verb verb);

void answer_document(Call& call, const DocumentSpec& spec, boost::json::object fields);
void answer_created(Call& call,
                    const DocumentSpec& spec,
                    std::string_view path,
                    boost::json::object fields);

}  // namespace redirector::api
