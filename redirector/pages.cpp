#include "redirector/pages.hpp"

#include "redirector/api/errors.hpp"
#include "redirector/negotiate.hpp"
#include "redirector/store/ids.hpp"

#include <array>

namespace redirector::pages {

bool wants_json(const Request& request) {
    const std::string_view accept = request.field(Field::accept);
    // Phones do not say the word at all: the common case costs one search.
    if (accept.find("json") == accept.npos) return false;
    constexpr std::array<std::string_view, 2> kOffered{"text/html", "application/json"};
    return negotiate(accept, kOffered) == 1U;
}

void refuse(const Request& request, int status, std::string_view message, Reply& reply) {
    reply.add("Cache-Control", "no-store");
    if (wants_json(request)) {
        const std::string guid = store::new_guid();
        const api::Problem problem{api::code_of_status(status), "", std::string(message)};
        api::write_problems({&problem, 1}, guid, reply);
        reply.add("X-Request-Id", guid);
        return;
    }
    reply.status = status;
    reply.content_type = "text/html; charset=utf-8";
    if (status == 503) reply.add("Retry-After", "1");
    // `message` is always our own wording: no part of the request stands in it.
    reply.body.append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width\"><title>")
        .append(message)
        .append(
            "</title><body style=\"font-family:sans-serif;margin:4em auto;max-width:32em\"><h1>")
        .append(message)
        .append("</h1></body></html>\n");
}

void robots(Reply& reply) {
    reply.content_type = "text/plain; charset=utf-8";
    reply.body = "User-agent: *\nDisallow: /\n";
}

void favicon(Reply& reply) {
    reply.status = 204;
    reply.add("Cache-Control", "public, max-age=86400");
}

void alive(Reply& reply) {
    reply.content_type = "text/plain; charset=utf-8";
    reply.add("Cache-Control", "no-store");
    reply.body = "ok\n";
}

}  // namespace redirector::pages
