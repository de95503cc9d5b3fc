#include "redirector/http/authority.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace redirector::http {

namespace {

constexpr bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// unreserved and sub-delims (RFC 3986 2.2, 2.3), in lower case; 0 for every other byte. '%' stands
// for itself and is looked at again.
constexpr std::array<char, 256> kNameBytes = [] {
    std::array<char, 256> table{};
    constexpr std::string_view kept = "abcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=%";
    for (const char c : kept)
        table[static_cast<unsigned char>(c)] = c;
    for (char c = 'A'; c <= 'Z'; ++c) {
        table[static_cast<unsigned char>(c)] = static_cast<char>(c - 'A' + 'a');
    }
    return table;
}();

bool is_port(std::span<const char> digits) {
    if (digits.size() > 5) return false;
    int port = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return false;
        port = port * 10 + (c - '0');
    }
    return port <= 65535;
}

// After the host: nothing, or ':' and a port, which may be empty.
bool is_port_part(std::span<const char> rest) {
    return rest.empty() || (rest[0] == ':' && is_port(rest.subspan(1)));
}

// "[" and the characters of an IPv6 address "]": enough for a value that is compared, never
// dialled.
bool normalise_literal(std::span<char> text) {
    std::size_t end = 1;
    while (end < text.size() && text[end] != ']') {
        char& c = text[end];
        if (!is_hex(c) && c != ':' && c != '.') return false;
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
        ++end;
    }
    return end > 2 && end < text.size() && is_port_part(text.subspan(end + 1));
}

}  // namespace

bool normalise_authority(std::span<char> text) {
    if (!text.empty() && text[0] == '[') return normalise_literal(text);
    std::size_t end = 0;
    while (end < text.size() && text[end] != ':') {
        char& c = text[end];
        c = kNameBytes[static_cast<unsigned char>(c)];
        if (c == 0) return false;
        const bool escape = c == '%';
        if (escape && (text.size() - end < 3 || !is_hex(text[end + 1]) || !is_hex(text[end + 2]))) {
            return false;
        }
        ++end;
    }
    return end > 0 && is_port_part(text.subspan(end));
}

}  // namespace redirector::http
