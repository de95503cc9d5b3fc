// Query parameters of a request, decoded (WHATWG URL, application/x-www-form-urlencoded).
// Errors:  a malformed escape stays as it stands; more than kMaxParameters are not read.
// Threads: plain values.
#pragma once

#include "redirector/api/errors.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redirector::api {

class Query {
  public:
    static constexpr std::size_t kMaxParameters = 64;

    explicit Query(std::string_view text, std::size_t max_parameters = kMaxParameters);

    // The first value of the parameter; nullopt when it is absent.
    std::optional<std::string_view> find(std::string_view name) const;

    const std::vector<std::pair<std::string, std::string>>& all() const { return parameters_; }
    bool truncated() const { return truncated_; }  // there were more than were read

  private:
    std::vector<std::pair<std::string, std::string>> parameters_;
    bool truncated_ = false;
};

// Decodes %XX, and + as a blank.
std::string decode_form(std::string_view text);

// Encodes everything but A-Z a-z 0-9 - _ . ! ~ * ' ( ) as ECMAScript's encodeURIComponent does,
// which the SDK undoes.
std::string encode_component(std::string_view text);

// What every list takes.
struct Paging {
    std::size_t per_page = 30;  // 1..100
    bool ascending = false;     // oldest first
    std::string after;          // nextPageToken
};

// Reads perPage, sortOrder and nextPageToken; problems name the parameter.
Problems read_paging(const Query& query, Paging& paging);

// The problem of a nextPageToken that is not of the list's own kind.
Problem refuse_token();

// The Link field of a page that has a next one: an absolute URL, percent-encoded as a whole since
// the SDK decodes it so. `query` is that of the request; its nextPageToken is replaced.
std::string next_link(std::string_view api_url,
                      std::string_view path,
                      const Query& query,
                      std::string_view token);

}  // namespace redirector::api
