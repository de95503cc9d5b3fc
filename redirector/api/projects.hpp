// Applications as other routes below /projects/{project}/applications/{app} need them.
// Threads: on the I/O thread of the call.
#pragma once

#include "redirector/api/documents.hpp"

#include <optional>

namespace redirector::api {

// The application that the route's first two captures name, if it is one of that project. Nothing:
// answered.
Awaitable<std::optional<Document>> find_application(Call& call);

}  // namespace redirector::api
