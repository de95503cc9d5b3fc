// Documents as data: each document of the API is a table of its fields, and what is the same for
// all of them (which fields exist, who writes them, what they may hold) is checked here once.
// Shape:   a DocumentSpec is static data (tables.hpp); a body is a parsed JSON object.
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
    number,
    boolean,
    timestamp,
    resource_id,
    short_id,
    enumeration,
    url_template,
    email,
    texts,       // array of texts; `max` bounds each
    ids,         // array of resource IDs
    string_map,  // object of texts
    object,      // any JSON object
    any,         // any JSON value but null
    values,      // object of property values: key -> any JSON value but null
    document,    // object that has a table of its own: `nested`
};

// once: taken on creation, ignored later. read_only: never taken, ignored always (the SDK sends
// whole documents back). write_only: taken, never shown. hidden: stored, neither taken nor shown.
enum class Access : std::uint8_t { write, once, read_only, write_only, hidden };

enum class Verb : std::uint8_t { create, update };

struct DocumentSpec;

inline constexpr std::size_t kMaxText = 10'000;
inline constexpr std::size_t kMaxItems = 1'000;  // of an array or map

// A field of a nested object or an array is replaced as a whole by an update; null takes an
// optional field away.
struct FieldSpec {
    std::string_view name;
    Type type = Type::text;
    Access access = Access::write;
    std::string_view meaning;
    bool required = false;                       // on creation
    bool filterable = false;                     // may stand in `filter=`, and has an index
    std::size_t max = 0;                         // bytes of text types; 0: kMaxText
    std::span<const std::string_view> values{};  // of an enumeration
    const DocumentSpec* nested = nullptr;        // of a document
    std::size_t max_items = kMaxItems;           // of an array
};

struct DocumentSpec {
    std::string_view name;  // "redirection": how problems call it, and the type of stored ones
    std::span<const FieldSpec> fields;

    const FieldSpec* find(std::string_view field) const;  // null: there is none
};

// Checks `body` against the table and takes out of it what is ignored, so that what remains are the
// fields to store, each of its declared type (or null, on update: to be taken away). Reports every
// problem, not only the first.
Problems check(const DocumentSpec& spec, Verb verb, boost::json::object& body);

// What is wrong with one value of the field, as the end of a sentence that starts with the field's
// name; nothing if it is good.
std::optional<std::string> refuse_value(const FieldSpec& field, const boost::json::value& value);

// Takes out what is never shown.
void hide(const DocumentSpec& spec, boost::json::object& document);

// Why `url` cannot be a redirection's target, or nullopt. Takes http and https with a host; refuses
// user info, control characters, blanks, non-ASCII (must be percent-encoded), a placeholder before
// the path, unknown placeholders.
std::optional<std::string> refuse_target(std::string_view url);

// Host of an http(s) URL that refuse_target() accepts, with its port, as written.
std::string_view host_of(std::string_view url);

}  // namespace redirector::api
