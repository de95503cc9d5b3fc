#include "redirector/facts/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <sys/socket.h>

namespace redirector::facts {
namespace {

constexpr std::size_t kPrefixBytes = 12;  // of ::ffff:0:0/96
constexpr std::array<std::uint8_t, kPrefixBytes> kIpv4Prefix{0, 0, 0, 0, 0,   0,
                                                             0, 0, 0, 0, 255, 255};

bool is_private_ipv4(std::uint8_t a, std::uint8_t b) {
    return a == 0 || a == 10 || a == 127 ||   // RFC 1122 3.2.1.3, RFC 1918
           (a == 100 && (b & 0xC0) == 64) ||  // 100.64/10, RFC 6598
           (a == 169 && b == 254) ||          // RFC 3927
           (a == 172 && (b & 0xF0) == 16) ||  // RFC 1918
           (a == 192 && b == 168);
}

bool is_private_ipv6(const IpAddress& address) {
    if ((address[0] & 0xFE) == 0xFC) return true;                        // fc00::/7, RFC 4193
    if (address[0] == 0xFE && (address[1] & 0xC0) == 0x80) return true;  // fe80::/10
    const bool zero =
        std::all_of(address.begin(), address.end() - 1, [](auto b) { return b == 0; });
    return zero && address.back() <= 1;  // :: and ::1
}

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text) {
    char terminated[INET6_ADDRSTRLEN];  // inet_pton wants a C string
    if (text.empty() || text.size() >= sizeof terminated) return std::nullopt;
    if (text.find('\0') != text.npos) return std::nullopt;
    std::memcpy(terminated, text.data(), text.size());
    terminated[text.size()] = '\0';

    IpAddress address{};
    if (text.find(':') != text.npos) {
        if (inet_pton(AF_INET6, terminated, address.data()) != 1) return std::nullopt;
        return address;
    }
    std::copy(kIpv4Prefix.begin(), kIpv4Prefix.end(), address.begin());
    if (inet_pton(AF_INET, terminated, address.data() + kPrefixBytes) != 1) return std::nullopt;
    return address;
}

std::string address_text(const IpAddress& address) {
    char text[INET6_ADDRSTRLEN];
    const char* written = is_ipv4(address)
                              ? inet_ntop(AF_INET, address.data() + kPrefixBytes, text, sizeof text)
                              : inet_ntop(AF_INET6, address.data(), text, sizeof text);
    return written;
}

bool is_ipv4(const IpAddress& address) {
    return std::equal(kIpv4Prefix.begin(), kIpv4Prefix.end(), address.begin());
}

bool is_private(const IpAddress& address) {
    return is_ipv4(address) ? is_private_ipv4(address[12], address[13]) : is_private_ipv6(address);
}

}  // namespace redirector::facts
