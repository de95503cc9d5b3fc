// Who the client is, when the request came through proxies.
// Shape:   TrustedProxies is a list of address blocks, at most kMaxBlocks. client_address walks at
//          most kMaxHops entries of the header, nearest hop first, and allocates nothing.
// Errors:  a bad list is a Problem that names the bad item; a bad header ends the walk.
// Threads: TrustedProxies is immutable once parsed; client_address is pure.
// Source:  X-Forwarded-For as HAProxy and nginx write it; Forwarded as in RFC 7239.
#pragma once

#include "redirector/facts/problem.hpp"
#include "redirector/request.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace redirector::facts {

inline constexpr std::size_t kMaxBlocks = 256;
inline constexpr std::size_t kMaxHops = 32;

class TrustedProxies {
  public:
    // Trusts nobody.
    TrustedProxies() = default;

    // "10.0.0.0/8, ::1/128, 192.0.2.7": blocks, or single addresses, separated by commas. An empty
    // text trusts nobody. A block with bits set behind its prefix is refused. IPv6 blocks hold no
    // IPv4 addresses, unless the block lies within ::ffff:0:0/96 and so is an IPv4 block itself.
    static Result<TrustedProxies> parse(std::string_view list);

    bool trusts(const IpAddress& address) const;
    bool empty() const { return blocks_.empty(); }

  private:
    struct Block {
        IpAddress first{};
        int prefix = 0;  // bits of the 128 that count
    };
    std::vector<Block> blocks_;
};

// The address nearest to us that is not a trusted proxy. A peer that is not trusted is the client,
// whatever its headers say. From a trusted one the header is read from the right, trusted hops are
// skipped, and the first other address is the client (of several lines of the field the last was
// written last); where the header ends, or holds something
// that is no address ("unknown", "_hidden"), the last hop reached is. X-Forwarded-For counts where
// it is present, else Forwarded: a proxy must remove, or write, both.
IpAddress client_address(const Request& request, const TrustedProxies& proxies);

}  // namespace redirector::facts
