#include "redirector/http/proxy_preamble.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace redirector::http {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSignatureV1 = "PROXY "sv;
constexpr std::string_view kSignatureV2 = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kHeaderV2 = 16;

constexpr Preamble kNeedMore = {Preamble::State::need_more, 0, std::nullopt};
constexpr Preamble kMalformed = {Preamble::State::malformed, 0, std::nullopt};

bool may_become(std::string_view bytes, std::string_view signature) {
    return bytes.substr(0, signature.size()) == signature.substr(0, bytes.size());
}

IpAddress mapped(const void* ipv4) {
    IpAddress address{};
    address[10] = address[11] = 0xff;
    std::memcpy(address.data() + 12, ipv4, 4);
    return address;
}

// Takes the text up to the next blank, which must be there.
std::optional<std::string_view> take_word(std::string_view& rest) {
    const std::size_t blank = rest.find(' ');
    if (blank == rest.npos || blank == 0) return std::nullopt;
    const std::string_view word = rest.substr(0, blank);
    rest.remove_prefix(blank + 1);
    return word;
}

std::optional<IpAddress> read_address(std::string_view text, bool ipv6) {
    if (text.find('\0') != text.npos) return std::nullopt;  // would end the string early
    const std::string terminated(text);
    IpAddress address{};
    if (ipv6) {
        if (inet_pton(AF_INET6, terminated.c_str(), address.data()) != 1) return std::nullopt;
        return address;
    }
    std::array<std::uint8_t, 4> bytes{};
    if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) != 1) return std::nullopt;
    return mapped(bytes.data());
}

bool is_port(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] == '0' && text.size() > 1)) return false;
    int port = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        port = port * 10 + (c - '0');
    }
    return port <= 65535;
}

// "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"; `rest` is what follows "PROXY ".
std::optional<IpAddress> read_source_v1(std::string_view rest) {
    const auto family = take_word(rest);
    const auto source = take_word(rest);
    const auto destination = take_word(rest);
    const auto source_port = take_word(rest);
    if (!source_port || !is_port(*source_port) || !is_port(rest)) return std::nullopt;
    if (family != "TCP4" && family != "TCP6") return std::nullopt;
    const bool ipv6 = family == "TCP6";
    if (!read_address(*destination, ipv6)) return std::nullopt;
    return read_address(*source, ipv6);
}

Preamble read_v1(std::string_view bytes) {
    const std::string_view seen = bytes.substr(0, kMaxPreambleV1);
    const std::size_t end = seen.find('\n');
    if (end == seen.npos) return seen.size() < kMaxPreambleV1 ? kNeedMore : kMalformed;
    if (seen[end - 1] != '\r') return kMalformed;
    std::string_view rest = seen.substr(0, end - 1);
    rest.remove_prefix(kSignatureV1.size());
    Preamble preamble{Preamble::State::complete, end + 1, std::nullopt};
    // What stands behind UNKNOWN is to be ignored (2.1).
    if (rest == "UNKNOWN" || rest.substr(0, 8) == "UNKNOWN ") return preamble;
    preamble.source = read_source_v1(rest);
    return preamble.source ? preamble : kMalformed;
}

Preamble read_v2(std::string_view bytes) {
    if (bytes.size() < kHeaderV2) return kNeedMore;
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
    const int version = byte(12) >> 4;
    const int command = byte(12) & 0xf;
    const int family = byte(13) >> 4;
    const std::size_t length = kHeaderV2 + static_cast<std::size_t>(byte(14) << 8 | byte(15));
    if (version != 2 || command > 1 || length > kMaxPreamble) return kMalformed;
    if (bytes.size() < length) return kNeedMore;
    Preamble preamble{Preamble::State::complete, length, std::nullopt};
    // LOCAL: the balancer's own connection, a health check.
    if (command == 0) return preamble;
    const std::string_view block = bytes.substr(kHeaderV2, length - kHeaderV2);
    if (family == 1) {
        if (block.size() < 12) return kMalformed;
        preamble.source = mapped(block.data());
    } else if (family == 2) {
        if (block.size() < 36) return kMalformed;
        preamble.source.emplace();
        std::memcpy(preamble.source->data(), block.data(), preamble.source->size());
    }
    return preamble;
}

}  // namespace

Preamble read_preamble(std::string_view bytes) {
    if (may_become(bytes, kSignatureV2)) {
        return bytes.size() < kSignatureV2.size() ? kNeedMore : read_v2(bytes);
    }
    if (may_become(bytes, kSignatureV1)) {
        return bytes.size() < kSignatureV1.size() ? kNeedMore : read_v1(bytes);
    }
    return kMalformed;
}

}  // namespace redirector::http
