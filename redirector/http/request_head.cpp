#include "redirector/http/request_head.hpp"

#include "redirector/http/authority.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <functional>
#include <iterator>
#include <system_error>

namespace redirector::http {

namespace {

// Compares without regard to case; `lower` holds lower-case letters, digits and '-' only, so that
// setting bit 5 of a token's byte cannot make two different ones equal.
bool same(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return static_cast<char>(a | 0x20) == b; });
}

bool starts_with(std::string_view text, std::string_view lower) {
    return same(text.substr(0, lower.size()), lower.substr(0, text.size())) &&
           text.size() >= lower.size();
}

enum class Name {
    kept,
    host,
    content_length,
    transfer_encoding,
    expect,
    content_encoding,
};

struct Known {
    std::string_view name;
    Name meaning = Name::kept;
    Field field = Field::count_;
};

constexpr Known kKnown[] = {
    {"dnt", Name::kept, Field::dnt},
    {"host", Name::host, Field::host},
    {"accept", Name::kept, Field::accept},
    {"origin", Name::kept, Field::origin},
    {"expect", Name::expect},
    {"referer", Name::kept, Field::referer},
    {"sec-gpc", Name::kept, Field::sec_gpc},
    {"if-match", Name::kept, Field::if_match},
    {"forwarded", Name::kept, Field::forwarded},
    {"user-agent", Name::kept, Field::user_agent},
    {"content-type", Name::kept, Field::content_type},
    {"authorization", Name::kept, Field::authorization},
    {"if-none-match", Name::kept, Field::if_none_match},
    {"content-length", Name::content_length},
    {"accept-language", Name::kept, Field::accept_language},
    {"x-forwarded-for", Name::kept, Field::x_forwarded_for},
    {"content-encoding", Name::content_encoding},
    {"transfer-encoding", Name::transfer_encoding},
};

constexpr std::size_t kLongestName = 17;

// Where the names of a length begin in kKnown, which is sorted by length: most fields of a browser
// are told apart by that alone.
constexpr auto kFirstOfLength = [] {
    std::array<std::uint8_t, kLongestName + 2> first{};
    for (std::size_t length = 0; length < first.size(); ++length) {
        std::uint8_t at = 0;
        while (at < std::size(kKnown) && kKnown[at].name.size() < length)
            ++at;
        first[length] = at;
    }
    return first;
}();

const Known* find_known(std::string_view name) {
    if (name.size() > kLongestName) return nullptr;
    const std::size_t end = kFirstOfLength[name.size() + 1];
    for (std::size_t at = kFirstOfLength[name.size()]; at < end; ++at) {
        if (same(name, kKnown[at].name)) return &kKnown[at];
    }
    return nullptr;
}

}  // namespace

void RequestHead::clear() {
    const IpAddress peer = request.peer;
    request = Request{};
    request.peer = peer;
    authority_ = {};
    field_count_ = 0;
    content_length_ = 0;
    http_1_0_ = has_length_ = has_coding_ = encoded_ = expects_ = wants_continue_ = false;
}

Refusal RequestHead::request_line(Method method, std::string_view target, bool http_1_0) {
    request.method = method;
    http_1_0_ = http_1_0;
    if (target.size() > limits_.target) return {414, "The request target is too long."};
    return read_target(target);
}

Refusal RequestHead::read_target(std::string_view target) {
    if (target == "*" && request.method == Method::options) target = "/";
    if (target.front() != '/') return read_absolute_target(target);
    // RFC 9112 3.2.1: a fragment is never sent; two readers would cut it off differently.
    if (target.find('#') != target.npos) return {400, "The request target holds a '#'."};
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != target.npos) request.query = target.substr(mark + 1);
    return {};
}

// RFC 9112 3.2.2: "http://authority/path?query", as sent to a proxy, and to be accepted by all.
Refusal RequestHead::read_absolute_target(std::string_view target) {
    constexpr Refusal malformed = {400, "The request target is malformed."};
    std::size_t scheme = 0;
    if (starts_with(target, "http:")) scheme = 5;
    if (starts_with(target, "https:")) scheme = 6;
    if (scheme == 0 || target.substr(scheme, 2) != "//") return malformed;
    target.remove_prefix(scheme + 2);
    const std::size_t end = std::min(target.find_first_of("/?#"), target.size());
    authority_ = target.substr(0, end);
    if (!normalise_authority(writable(authority_))) return malformed;
    target.remove_prefix(end);
    if (!target.empty() && target.front() == '/') return read_target(target);
    if (target.find('#') != target.npos) return {400, "The request target holds a '#'."};
    request.path = "/";
    if (!target.empty()) request.query = target.substr(1);
    return {};
}

Refusal RequestHead::field(std::string_view name, std::string_view value) {
    if (++field_count_ > limits_.fields) return {431, "The request has too many header fields."};
    const Known* known = find_known(name);
    if (known == nullptr) return {};
    switch (known->meaning) {
        case Name::kept:
            return keep(known->field, value);
        case Name::host:
            return read_host(value);
        case Name::content_length:
            return read_content_length(value);
        case Name::transfer_encoding:
            return read_transfer_encoding(value);
        case Name::expect:
            return read_expect(value);
        case Name::content_encoding:
            encoded_ = encoded_ || !same(value, "identity");
            return {};
    }
    return {};
}

Refusal RequestHead::keep(Field field, std::string_view value) {
    std::string_view& kept = request.fields[static_cast<std::size_t>(field)];
    const bool first = kept.data() == nullptr;
    switch (field) {
        case Field::accept:
        case Field::accept_language:
        case Field::if_match:
        case Field::if_none_match:
            if (first) kept = value;
            return {};
        case Field::x_forwarded_for:
        case Field::forwarded:
            kept = first ? value : std::string_view(kept.data(), value.data() + value.size());
            return {};
        default:
            if (!first) return {400, "A header field that may stand once is repeated."};
            kept = value;
            return {};
    }
}

Refusal RequestHead::read_host(std::string_view value) {
    if (!normalise_authority(writable(value))) return {400, "The Host field is malformed."};
    return keep(Field::host, value);
}

Refusal RequestHead::read_content_length(std::string_view value) {
    // RFC 9112 6.3 lets a repeated, equal length pass; no client sends one, only an attacker.
    if (has_length_ || has_coding_) return {400, "Content-Length is repeated or contradicted."};
    has_length_ = true;
    // RFC 9110 8.6: digits alone; a sign or a blank is not one.
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, content_length_);
    if (error != std::errc() || stop != end) return {400, "Content-Length is no number."};
    return {};
}

Refusal RequestHead::read_transfer_encoding(std::string_view value) {
    // RFC 9112 6.1: an HTTP/1.0 message with Transfer-Encoding has faulty framing.
    if (http_1_0_) return {400, "HTTP/1.0 knows no Transfer-Encoding."};
    if (has_length_ || has_coding_) return {400, "Transfer-Encoding is repeated or contradicted."};
    has_coding_ = true;
    if (!same(value, "chunked")) return {501, "The only Transfer-Encoding known is chunked."};
    return {};
}

Refusal RequestHead::read_expect(std::string_view value) {
    if (same(value, "100-continue")) {
        wants_continue_ = true;
    } else {
        expects_ = true;
    }
    return {};
}

Refusal RequestHead::end() {
    const bool has_host = request.fields[static_cast<std::size_t>(Field::host)].data() != nullptr;
    if (!has_host && !http_1_0_) return {400, "The Host field is missing."};
    if (!authority_.empty()) request.fields[static_cast<std::size_t>(Field::host)] = authority_;
    // RFC 9110 10.1.1: an HTTP/1.0 request's expectation is not heeded.
    if (http_1_0_) expects_ = wants_continue_ = false;
    if (expects_) return {417, "The only expectation known is 100-continue."};
    if (encoded_) return {415, "Content-Encoding is not supported."};
    return {};
}

bool RequestHead::owns(std::string_view view) const {
    const std::less<const char*> before;
    return !before(view.data(), buffer_.data()) &&
           before(view.data(), buffer_.data() + buffer_.size());
}

std::span<char> RequestHead::writable(std::string_view view) const {
    return buffer_.subspan(static_cast<std::size_t>(view.data() - buffer_.data()), view.size());
}

}  // namespace redirector::http
