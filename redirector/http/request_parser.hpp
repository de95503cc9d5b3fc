// Beast's parser of HTTP/1 requests, told to keep nothing but what RequestHead wants, and closed
// where it is open (README.md lists each point).
// Shape:   made anew for each request, on the caller's storage; incremental over the body.
// Errors:  as a Refusal; nothing may be parsed after one.
// Source:  RFC 9112; Beast version 345 (Boost 1.81) as its source reads.
#pragma once

#include "redirector/http/limits.hpp"
#include "redirector/http/request_head.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace redirector::http {

class RequestParser final : private boost::beast::http::basic_parser<true> {
  public:
    // All must outlive the parser. The body's bytes are appended to `body`.
    RequestParser(const Limits& limits, RequestHead& head, std::string& body);

    struct Parsed {
        std::size_t bytes = 0;   // taken from the front of what was given
        bool need_more = false;  // give the rest again, with what comes behind it
        Refusal refusal;         // status 0: none
    };

    // The head, given from its first byte each time until it is complete: a parser that needed more
    // of it is of no more use.
    Parsed parse_head(std::string_view bytes);
    // After the head: the body, up to `limit` bytes, in pieces.
    void begin_body(std::size_t limit);
    Parsed parse_body(std::string_view bytes);

    using basic_parser::chunked;
    using basic_parser::is_done;
    using basic_parser::keep_alive;

  private:
    using Error = boost::system::error_code;
    using View = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb, View, View, int, Error&) override;
    void on_field_impl(boost::beast::http::field, View, View, Error&) override;
    void on_header_impl(Error&) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
    std::size_t on_body_impl(View, Error&) override;
    void on_chunk_header_impl(std::uint64_t, View, Error&) override;
    std::size_t on_chunk_body_impl(std::uint64_t, View, Error&) override;
    void on_finish_impl(Error&) override {}
    void on_response_impl(int, View, int, Error&) override {}

    bool is_folded(View name, View value) const;
    Refusal skip_trailer(std::size_t bytes);
    void check(const Refusal& refusal, Error& error);
    Parsed parse(std::string_view bytes);

    const Limits& limits_;
    RequestHead& head_;
    std::string& body_;
    Refusal refusal_;
    std::size_t extension_bytes_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::size_t trailers_ = 0;
    bool in_trailer_ = false;  // any field from here on stands behind the body
};

}  // namespace redirector::http
