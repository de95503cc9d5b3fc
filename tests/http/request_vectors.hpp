// Requests, good and bad, with the statuses that they must be answered with.
// Source:  RFC 9110, RFC 9112 and RFC 3986, section by section; the ways in which two readers have
//          been brought to frame one message differently.
#pragma once

#include <string>
#include <vector>

namespace redirector::http {

struct RequestVector {
    std::string name;
    std::string bytes;
    // One status per request, "200 400": a refusal is the last. Empty: the bytes are no whole
    // request yet.
    std::string statuses;
};

// Request line and Host, targets, fields, versions, methods.
std::vector<RequestVector> head_vectors();
// Content-Length, Transfer-Encoding, chunks, trailers, what follows a message.
std::vector<RequestVector> framing_vectors();

}  // namespace redirector::http
