// Documents as data: each document of the API is a table of its fields, and what is the same for
// all of them (which fields exist, who writes them, what they may hold) is checked here once.
// Shape:   a DocumentSpec is static data; a body is a parsed JSON object.
// Units:   text lengths in bytes of UTF-8; timestamps in milliseconds since the epoch, UTC.
// Errors:  a list of problems, each naming its field as `document.field`.
// Source:  reference/api-facts.md 8 and 9; contract 6 ("PUT takes a subset; read-only fields are
// ignored, unknown refused").
#pragma once

#include "redirector/api/errors.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace redirector::api {

enum class Type : std::uint8_t {
    text,
    integer,
    timestamp,
    resource_id,
    short_id,
    enumeration,
    url_template
};

// once: taken on creation, ignored later. read_only: never taken, ignored always (the SDK sends
// whole documents back).
enum class Access : std::uint8_t { write, once, read_only };

enum class Verb : std::uint8_t { create, update };

struct FieldSpec {
    std::string_view name;
    Type type;
    Access access;
    bool required;    // on creation
    std::size_t max;  // bytes of text types; 0: the type's own bound
    std::string_view meaning;
    std::span<const std::string_view> values{};  // of an enumeration
};

struct DocumentSpec {
    std::string_view name;  // "redirection"
    std::span<const FieldSpec> fields;
};

// Checks `body` against the table and takes out of it what is ignored, so that what remains are the
// fields to store, each of its declared type. Reports every problem, not only the first.
Problems check(const DocumentSpec& spec, Verb verb, boost::json::object& body);

// Why `url` cannot be a redirection's target, or nullopt. Takes http and https with a host; refuses
// user info, control characters, blanks, non-ASCII (must be percent-encoded), a placeholder before
// the path, unknown placeholders.
std::optional<std::string> refuse_target(std::string_view url);

// Host of an http(s) URL that refuse_target() accepts, with its port, as written.
std::string_view host_of(std::string_view url);

// Parses a JSON object of at most 32 levels; on failure a problem that says where.
struct ParsedBody {
    boost::json::object object;
    Problems problems;
};
ParsedBody parse_object(std::string_view body);

}  // namespace redirector::api
