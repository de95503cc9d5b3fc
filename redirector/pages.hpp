// Answers that need nothing but the request: refusals for people and programs, and the conventional
// small files.
// Threads: pure functions.
#pragma once

#include "redirector/reply.hpp"
#include "redirector/request.hpp"

#include <string_view>

namespace redirector::pages {

// Whether the client prefers JSON to a page (RFC 9110 12.5.1); a page where both are welcome.
bool wants_json(const Request& request);

// A refusal on the public listener: a short HTML page, or the API's error document for who wants
// JSON.
void refuse(const Request& request, int status, std::string_view message, Reply& reply);

void robots(
    Reply& reply);  // nothing here is to be crawled: following short URLs would count as scans
void favicon(Reply& reply);  // there is none: 204, kept for a day
void alive(Reply& reply);    // /healthz: the process runs

}  // namespace redirector::pages
