// One call of the management API: the request, who makes it, and where its answer goes.
// Shape:   made by the dispatcher (app.cpp) after routing and authentication, handed to one
//          handler.
// Threads: belongs to one request.
#pragma once

#include "redirector/api/audit.hpp"
#include "redirector/api/auth.hpp"
#include "redirector/api/call_limit.hpp"
#include "redirector/api/errors.hpp"
#include "redirector/api/route.hpp"
#include "redirector/reply.hpp"
#include "redirector/request.hpp"
#include "redirector/services.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::api {

struct Call {
    const Request& request;
    Reply& reply;
    Services& services;
    std::array<std::string_view, 4>
        captures{};  // what stands for the {...} of the route, percent-decoding not applied
    Actor actor;
    std::string guid;
    const Route* route = nullptr;
    std::vector<ChangeNote> changes{};  // that are stored by now
    std::optional<CallLimit::Place> place{};

    void refuse(const Problems& problems) { write_problems(problems, guid, reply); }
    void refuse(Code code, std::string field, std::string message) {
        refuse(Problems{{code, std::move(field), std::move(message)}});
    }
};

}  // namespace redirector::api
