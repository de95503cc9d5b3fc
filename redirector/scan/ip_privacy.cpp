#include "redirector/scan/ip_privacy.hpp"

#include <algorithm>

namespace redirector::scan {
namespace {

constexpr std::size_t kMappedPrefix = 12;  // bytes before the IPv4 part of a mapped address

bool is_ipv4(const IpAddress& address) {
    return std::all_of(address.begin(), address.begin() + 10, [](auto b) { return b == 0; }) &&
           address[10] == 0xff && address[11] == 0xff;
}

}  // namespace

std::optional<IpPrivacy> parse_ip_privacy(std::string_view text) noexcept {
    if (text == "full") return IpPrivacy::full;
    if (text == "truncated") return IpPrivacy::truncated;
    if (text == "none") return IpPrivacy::none;
    return std::nullopt;
}

std::optional<IpAddress> make_private(const IpAddress& address, IpPrivacy level) noexcept {
    if (level == IpPrivacy::none) return std::nullopt;
    if (level == IpPrivacy::full) return address;
    IpAddress kept{};
    const std::size_t prefix = is_ipv4(address) ? kMappedPrefix + 3 : 6;
    std::copy_n(address.begin(), prefix, kept.begin());
    return kept;
}

void leave_out_person(Scan& scan) noexcept {
    scan.client_ip.reset();
    scan.user_agent = scan.referer = scan.accept_language = {};
    scan.country = scan.region = scan.city = scan.time_zone = {};
    scan.coordinates.reset();
    scan.reaction_context = {};
    scan.user = scan.custom_fields = scan.place = {};
}

}  // namespace redirector::scan
