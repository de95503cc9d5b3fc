// Request line and fields -> Request, with the rules that keep two readers from seeing two
// different messages (request smuggling), whatever the parser before it lets pass.
// Shape:   told each part as it is parsed; keeps views, never copies.
// Errors:  each call returns a Refusal; status 0 means that all is well.
// Source:  RFC 9112 3.2 (target, Host), 6.1 and 6.3 (framing); RFC 9110 5.3, 8.6, 10.1.1.
#pragma once

#include "redirector/http/limits.hpp"
#include "redirector/request.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace redirector::http {

// Why the session answers a request itself: a 4xx or 5xx status and one sentence.
struct Refusal {
    int status = 0;
    std::string_view reason;  // static storage
};

class RequestHead {
  public:
    // `buffer` is where all views that follow point into; host names are put in lower case there.
    RequestHead(const Limits& limits, std::span<char> buffer) : limits_(limits), buffer_(buffer) {}

    // Forgets everything but the peer.
    void clear();

    Refusal request_line(Method method, std::string_view target, bool http_1_0);
    Refusal field(std::string_view name, std::string_view value);
    Refusal end();

    Request request;

    // Whether `view` points into the buffer.
    bool owns(std::string_view view) const;

    bool http_1_0() const { return http_1_0_; }
    std::uint64_t content_length() const { return content_length_; }  // 0 without the field
    bool wants_continue() const { return wants_continue_; }

  private:
    Refusal read_target(std::string_view target);
    Refusal read_absolute_target(std::string_view target);
    Refusal keep(Field field, std::string_view value);
    Refusal read_host(std::string_view value);
    Refusal read_content_length(std::string_view value);
    Refusal read_transfer_encoding(std::string_view value);
    Refusal read_expect(std::string_view value);
    std::span<char> writable(std::string_view view) const;

    const Limits& limits_;
    std::span<char> buffer_;
    std::string_view authority_;  // of an absolute-form target
    std::size_t field_count_ = 0;
    std::uint64_t content_length_ = 0;
    bool http_1_0_ = false;
    bool has_length_ = false;
    bool has_coding_ = false;
    bool encoded_ = false;  // Content-Encoding other than identity
    bool expects_ = false;  // something that nobody here fulfils
    bool wants_continue_ = false;
};

}  // namespace redirector::http
