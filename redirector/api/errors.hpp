// Every refusal of the management API: the closed list of codes, and the one shape in which they
// are answered.
//
//   {"status": 400, "errors": ["redirection.type: ..."], "code": "invalid_field",
//    "details": [{"code": "invalid_field", "field": "type", "message": "..."}],
//    "missing": ["evrythngId"],  (only where inputs are missing)
//    "guid": "<uuid>", "moreInfo": "<URL>"}
//
// There is no top-level "message", and no success has a top-level "errors": the official SDK
// misreads both.
// Threads: pure functions.
// Source:  contract 6; reference/000, 002, 003, 004 for the conventions absorbed.
#pragma once

#include "redirector/reply.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::api {

// The order is that of the table in errors.cpp.
enum class Code : std::uint8_t {
    malformed_request,
    missing_field,
    invalid_field,
    unknown_field,
    invalid_parameter,
    unknown_parameter,
    missing_credentials,
    invalid_credentials,
    forbidden,
    not_found,
    method_not_allowed,
    not_acceptable,
    timeout,
    conflict,
    precondition_failed,
    too_large,
    uri_too_long,
    unsupported_media_type,
    expectation_failed,
    unprocessable,
    rate_limited,
    header_too_large,
    internal_error,
    not_implemented,
    unavailable,
    version_not_supported,
    count_,
};

struct CodeInfo {
    std::string_view name;
    int status;
    std::string_view meaning;
};

const CodeInfo& info(Code code);

// The code that stands for an HTTP status where nothing more is known; malformed_request for a
// status that has none.
Code code_of_status(int status);

struct Problem {
    Code code;
    std::string field;  // name of the field, parameter or header; empty where none is to blame
    std::string message;
    std::optional<std::size_t> offset{};  // where in the field's text, in bytes
};
using Problems = std::vector<Problem>;

// Turns `reply` into the answer to `problems` (one or more; the first sets status and code). Adds
// WWW-Authenticate to 401 and Retry-After to 503; Allow and other Retry-After are the caller's.
void write_problems(std::span<const Problem> problems, std::string_view guid, Reply& reply);

}  // namespace redirector::api
