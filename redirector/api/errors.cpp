#include "redirector/api/errors.hpp"

#include "rules/utf8.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::array<CodeInfo, static_cast<std::size_t>(Code::count_)> kCodes{{
    {"malformed_request", 400, "the request or its body cannot be read"},
    {"missing_field", 400, "a required field is absent; `missing` lists all of them"},
    {"invalid_field", 400, "a field has a value that it may not have"},
    {"unknown_field", 400, "the document has no such field"},
    {"invalid_parameter", 400, "a query parameter has a value that it may not have"},
    {"unknown_parameter", 400, "there is no such query parameter here"},
    {"missing_credentials", 401, "the request carries no API key"},
    {"invalid_credentials", 401, "the API key is unknown, revoked or expired"},
    {"forbidden", 403, "a good key of a type that may not do this"},
    {"not_found", 404, "no such resource, or not within reach of this key"},
    {"method_not_allowed", 405,
     "the resource does not take this method; `Allow` lists those it takes"},
    {"not_acceptable", 406, "none of the accepted media types can be served"},
    {"timeout", 408, "the request did not arrive in time"},
    {"conflict", 409, "something else has this name or ID"},
    {"precondition_failed", 412, "If-Match names another version than the one in force"},
    {"too_large", 413, "the body is larger than this resource takes"},
    {"uri_too_long", 414, "the request target is too long"},
    {"unsupported_media_type", 415, "the body is of a type that is not read here"},
    {"expectation_failed", 417, "an expectation that cannot be met"},
    {"unprocessable", 422, "well-formed, but a rule or template in it does not compile"},
    {"rate_limited", 429, "too many requests; `Retry-After` tells when to come back"},
    {"header_too_large", 431, "the request's header is too large"},
    {"internal_error", 500, "a defect of this service; quote the guid when reporting it"},
    {"not_implemented", 501, "an unknown method"},
    {"unavailable", 503, "the store cannot be reached; nothing was changed"},
    {"version_not_supported", 505, "only HTTP/1.0 and HTTP/1.1 are spoken"},
}};

constexpr std::string_view kMoreInfo =
    "https://developers.evrythng.com/docs/http-verbs-and-error-codes";

constexpr std::size_t kMaxShown = 50;  // problems

json::array missing_fields(std::span<const Problem> problems) {
    json::array names;
    for (const Problem& problem : problems) {
        if (problem.code == Code::missing_field) names.emplace_back(problem.field);
    }
    return names;
}

}  // namespace

const CodeInfo& info(Code code) {
    return kCodes[static_cast<std::size_t>(code)];
}

Code code_of_status(int status) {
    if (status == 401) return Code::missing_credentials;
    for (std::size_t i = 0; i < kCodes.size(); ++i) {
        if (kCodes[i].status == status) return static_cast<Code>(i);
    }
    return Code::malformed_request;
}

void write_problems(std::span<const Problem> all, std::string_view guid, Reply& reply) {
    const CodeInfo& first = info(all.front().code);
    const auto problems = all.first(std::min(all.size(), kMaxShown));
    json::array errors;
    json::array details;
    for (const Problem& problem : problems) {
        const std::string message = rules::well_formed(problem.message);
        errors.emplace_back(message);
        json::object detail{{"code", info(problem.code).name}, {"message", message}};
        if (!problem.field.empty()) detail["field"] = rules::well_formed(problem.field);
        if (problem.offset) detail["offset"] = *problem.offset;
        details.emplace_back(std::move(detail));
    }
    if (all.size() > problems.size())
        errors.emplace_back("and " + std::to_string(all.size() - problems.size()) + " more");
    json::object document{
        {"status", first.status}, {"errors", std::move(errors)}, {"code", first.name}};
    document["details"] = std::move(details);
    if (auto missing = missing_fields(problems); !missing.empty())
        document["missing"] = std::move(missing);
    document["guid"] = guid;
    document["moreInfo"] = kMoreInfo;

    reply.status = first.status;
    reply.content_type = "application/json";
    reply.body = json::serialize(document);
    if (first.status == 401) reply.add("WWW-Authenticate", "Bearer realm=\"redirector\"");
    if (first.status == 503) reply.add("Retry-After", "1");
}

}  // namespace redirector::api
