#include "redirector/http/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <cstring>
#include <optional>

namespace redirector::http {

namespace {

namespace beast = boost::beast::http;
using beast::error;

std::string_view std_view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

// CONNECT counts as unknown: it asks for a proxy, and no resource here could be its target.
std::optional<Method> method_of(beast::verb verb) {
    switch (verb) {
        case beast::verb::get:
            return Method::get;
        case beast::verb::head:
            return Method::head;
        case beast::verb::post:
            return Method::post;
        case beast::verb::put:
            return Method::put;
        case beast::verb::delete_:
            return Method::delete_;
        case beast::verb::options:
            return Method::options;
        case beast::verb::connect:
        case beast::verb::unknown:
            return std::nullopt;
        default:
            return Method::other;
    }
}

// RFC 9112 2.3: "HTTP/" DIGIT "." DIGIT is a version, which may be one that we do not speak;
// anything else at the end of the line is no version at all.
Refusal refusal_of_version(std::string_view head) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t target = line.find(' ') + 1;
    const std::string_view version = line.substr(line.find(' ', target) + 1);
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool well_formed = version.size() == 8 && version.substr(0, 5) == "HTTP/" &&
                             digit(version[5]) && version[6] == '.' && digit(version[7]);
    if (well_formed) return {505, "The HTTP versions known are 1.0 and 1.1."};
    return {400, "The request line is malformed."};
}

Refusal refusal_of(const boost::system::error_code& why, std::string_view bytes) {
    if (why == error::bad_version) return refusal_of_version(bytes);
    if (why == error::bad_method || why == error::bad_target) {
        return {400, "The request line is malformed."};
    }
    if (why == error::bad_content_length || why == error::multiple_content_length) {
        return {400, "Content-Length is malformed or contradicted."};
    }
    if (why == error::bad_transfer_encoding) {
        return {400, "Transfer-Encoding is malformed or contradicted."};
    }
    if (why == error::bad_chunk || why == error::bad_chunk_extension) {
        return {400, "The chunked body is malformed."};
    }
    if (why == error::body_limit) return {413, "The request body is too large."};
    return {400, "A header field is malformed."};
}

}  // namespace

RequestParser::RequestParser(const Limits& limits, RequestHead& head, std::string& body)
    : limits_(limits), head_(head), body_(body) {
    // The reader bounds the head, the same however the bytes are cut: Beast's own limit begins anew
    // with each piece. The body's limit is known once the head is.
    header_limit(static_cast<std::uint32_t>(limits.buffer));
    body_limit(boost::none);
}

RequestParser::Parsed RequestParser::parse(std::string_view bytes) {
    Parsed parsed;
    Error why;
    parsed.bytes = put(boost::asio::const_buffer(bytes.data(), bytes.size()), why);
    // Which version it is that we do not know can be said once its line is there.
    const bool half_a_line = why == error::bad_version && bytes.find('\n') == bytes.npos;
    if (why == error::need_more || half_a_line) {
        parsed.need_more = true;
    } else if (why) {
        parsed.refusal = refusal_.status != 0 ? refusal_ : refusal_of(why, bytes);
    }
    return parsed;
}

RequestParser::Parsed RequestParser::parse_head(std::string_view bytes) {
    return parse(bytes);
}

void RequestParser::begin_body(std::size_t limit) {
    body_limit(limit);
    eager(true);
}

RequestParser::Parsed RequestParser::parse_body(std::string_view bytes) {
    // However a chunked body goes on, five bytes are still to come ("0" and two line ends): Beast
    // asserts that they are there when the last chunk was cut before its trailer.
    const std::size_t least = chunked() ? 5 : 1;
    if (bytes.size() < least) return {0, true, {}};
    Parsed parsed = parse(bytes);
    parsed.need_more = parsed.refusal.status == 0 && !is_done();
    return parsed;
}

void RequestParser::on_request_impl(
    beast::verb verb, View, View target, int version, Error& error) {
    const std::optional<Method> method = method_of(verb);
    if (!method) return check({501, "The request method is not implemented."}, error);
    check(head_.request_line(*method, std_view(target), version == 10), error);
}

void RequestParser::on_field_impl(beast::field, View name, View value, Error& error) {
    if (in_trailer_) return check(skip_trailer(name.size() + value.size()), error);
    if (is_folded(name, value)) return check({400, "A header field is folded."}, error);
    check(head_.field(std_view(name), std_view(value)), error);
}

void RequestParser::on_header_impl(Error& error) {
    in_trailer_ = true;
    check(head_.end(), error);
}

std::size_t RequestParser::on_body_impl(View bytes, Error&) {
    body_.append(bytes.data(), bytes.size());
    return bytes.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t, View extensions, Error& error) {
    extension_bytes_ += extensions.size();
    if (extension_bytes_ > limits_.chunk_extensions) {
        check({400, "The chunk extensions are too long."}, error);
    }
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View bytes, Error& error) {
    return on_body_impl(bytes, error);
}

// Beast joins a folded value (RFC 9112 5.2) in memory of its own, or, where the first line of it is
// blank, leaves a line end between name and value.
bool RequestParser::is_folded(View name, View value) const {
    if (!head_.owns(std_view(value))) return true;
    const char* const colon = name.data() + name.size();
    return std::memchr(colon, '\n', static_cast<std::size_t>(value.data() - colon)) != nullptr;
}

// Trailers are read over: what a field means is settled by the head alone (RFC 9110 6.5.1).
Refusal RequestParser::skip_trailer(std::size_t bytes) {
    trailer_bytes_ += bytes;
    if (++trailers_ > limits_.fields || trailer_bytes_ > limits_.head) {
        return {431, "The trailer is too large."};
    }
    return {};
}

void RequestParser::check(const Refusal& refusal, Error& error) {
    if (refusal.status == 0) return;
    refusal_ = refusal;
    error = beast::error::bad_value;  // stops Beast; refusal_ says why
}

}  // namespace redirector::http
