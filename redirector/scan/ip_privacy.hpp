// How much of a client may be written down: applied before the record is made, so that neither disk
// nor Redis ever holds more.
// Source:  contract.md section 2 (`--ip-privacy`); prefixes as in Google Analytics' IP masking.
#pragma once

#include "redirector/scan/record.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace redirector::scan {

enum class IpPrivacy : std::uint8_t {
    full,
    truncated,  // IPv4 keeps 24 bits, IPv6 48
    none,       // nothing is kept
};

// "full", "truncated" or "none"; nullopt for anything else.
std::optional<IpPrivacy> parse_ip_privacy(std::string_view text) noexcept;

// What may be stored of `address`. The other bits are zero.
std::optional<IpAddress> make_private(const IpAddress& address, IpPrivacy level) noexcept;

// Leaves out everything that is about a person or may single one out (fields of privacy class
// `indirect` and `personal` in record.hpp), but for the time: the scan of somebody who objects.
void leave_out_person(Scan& scan) noexcept;

}  // namespace redirector::scan
