// Bodies of requests: JSON, forms, multipart forms, all read into JSON values.
// Shape:   a form's name may be dotted ("customFields.colour"), which makes a nested object; a name
//          that stands more than once makes an array. Form values are texts: coerce() turns them
//          into what the document's table asks for.
// Errors:  problems; malformed_request says at which byte. unsupported_media_type for any other
//          type.
// Threads: pure.
// Source:  RFC 8259 (UTF-8, at most 24 levels; of a name that stands twice the last counts); WHATWG
//          URL (urlencoded); RFC 7578 (multipart; files are taken as their text).
#pragma once

#include "redirector/api/errors.hpp"
#include "redirector/api/schema.hpp"
#include "redirector/request.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string_view>

namespace redirector::api {

struct ParsedValue {
    boost::json::value value;
    Problems problems;
    bool form = false;  // all scalars are texts
};

struct ParsedBody {
    boost::json::object object;
    Problems problems;
};

ParsedValue parse_json(std::string_view body);
ParsedBody parse_object(std::string_view body);
// The same of a request that takes JSON alone; another Content-Type is refused.
ParsedBody read_object(const Request& request);

ParsedValue parse_form(std::string_view body);
ParsedValue parse_multipart(std::string_view body, std::string_view boundary);

// By the request's Content-Type; JSON when it has none.
ParsedValue parse_body(const Request& request);

// Turns the texts of a form into numbers, booleans, arrays and objects where the table says so;
// what cannot be turned stays a text, for check() to refuse.
void coerce(const DocumentSpec& spec, boost::json::object& form);

// The document that the body holds, coerced and checked.
ParsedBody read_document(const Request& request, const DocumentSpec& spec, Verb verb);

}  // namespace redirector::api
