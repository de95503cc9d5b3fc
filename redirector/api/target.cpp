#include "redirector/api/schema.hpp"

#include <algorithm>
#include <array>

namespace redirector::api {
namespace {

constexpr std::array<std::string_view, 4> kPlaceholders{"evrythngId", "thngId", "productId",
                                                        "shortId"};

// The bytes of a brace at the start of `text`, plain or percent-encoded; 0 when there is none.
std::size_t brace(std::string_view text,
                  char plain,
                  std::string_view upper,
                  std::string_view lower) {
    if (text.starts_with(plain)) return 1;
    return text.starts_with(upper) || text.starts_with(lower) ? 3 : 0;
}

std::optional<std::string> refuse_placeholders(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::string_view rest = text.substr(at);
        if (brace(rest, '}', "%7D", "%7d") > 0) return "has a closing brace without an opening one";
        const std::size_t open = brace(rest, '{', "%7B", "%7b");
        if (open == 0) continue;
        std::size_t end = open;
        while (end < rest.size() && brace(rest.substr(end), '}', "%7D", "%7d") == 0)
            ++end;
        if (end == rest.size()) return "has an opening brace without a closing one";
        const std::string_view name = rest.substr(open, end - open);
        if (std::ranges::find(kPlaceholders, name) == kPlaceholders.end()) {
            return "has the unknown placeholder \"" + std::string(name) + "\"" +
                   "; known are evrythngId, thngId, productId and shortId";
        }
        at += end + brace(rest.substr(end), '}', "%7D", "%7d") - 1;
    }
    return std::nullopt;
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

std::optional<std::string> refuse_characters(std::string_view url) {
    for (std::size_t at = 0; at < url.size(); ++at) {
        const auto byte = static_cast<unsigned char>(url[at]);
        const std::string where = " at offset " + std::to_string(at);
        if (byte <= 0x20 || byte == 0x7f) return "has a blank or control character" + where;
        if (byte > 0x7f) return "has a character that must be percent-encoded" + where;
        if (std::string_view("<>\"\\^`|").find(url[at]) != std::string_view::npos) {
            return "has the character " + std::string(1, url[at]) + where +
                   ", which must be percent-encoded";
        }
        const bool escape = url[at] == '%';
        if (escape && (at + 2 >= url.size() || !is_hex(url[at + 1]) || !is_hex(url[at + 2]))) {
            return "has a % without two hexadecimal digits" + where;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> refuse_target(std::string_view url) {
    const bool web = url.starts_with("http://") || url.starts_with("https://");
    if (!web) return "must start with http:// or https://";
    if (auto refusal = refuse_characters(url)) return refusal;
    const std::string_view host = host_of(url);
    if (host.empty() || host.front() == ':') return "has no host";
    if (host.find('@') != host.npos) return "may not hold a user name or password";
    if (host.find_first_of("{}%") != host.npos) return "may have placeholders only after the host";
    return refuse_placeholders(url);
}

std::string_view host_of(std::string_view url) {
    const std::string_view rest = url.substr(url.find("://") + 3);
    return rest.substr(0, rest.find_first_of("/?#"));
}

}  // namespace redirector::api
