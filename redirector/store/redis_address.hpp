// Where a Redis is: the URL of the options `redis`, `scan-redis` and `redis-replica`, parsed.
// Shape:   redis://[[user]:password@]host[:port][/db]         port 6379, db 0
//          unix:/path.sock
//          redis-sentinel://[[user]:password@]h1[:p],h2[:p]/<master>   port 26379
//          redis-cluster://[[user]:password@]h1[:p],h2[:p]             port 6379
//          A host may be an [IPv6 literal]. User and password are percent-decoded (RFC 3986 2.1).
// Errors:  values that name the part of the URL; never a byte of user or password.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::store {

struct RedisAddress {
    enum class Kind : std::uint8_t { tcp, unix_socket, sentinel, cluster };

    struct Endpoint {
        std::string host;  // name or literal address, without brackets
        std::uint16_t port = 6379;

        friend bool operator==(const Endpoint&, const Endpoint&) = default;
    };

    Kind kind = Kind::tcp;
    std::vector<Endpoint> endpoints;  // one for `tcp`, one or more for `sentinel` and `cluster`
    std::string path;                 // of `unix_socket`: absolute, at most kMaxSocketPath bytes
    std::string master;               // of `sentinel`: the name of the monitored primary
    std::string user;                 // empty: the default user
    std::string password;             // empty: none
    std::uint32_t database = 0;

    // sockaddr_un::sun_path holds 108 bytes with the closing zero (unix(7)).
    static constexpr std::size_t kMaxSocketPath = 107;

    // For logs and error messages: the URL without user and password.
    std::string describe() const;
};

struct AddressError {
    std::string part;     // "scheme", "host", "port", "database", "path", "master", "password"
    std::string message;  // one sentence that names the part
};

// At most 4,096 bytes and 64 endpoints are looked at; more is an error.
[[nodiscard]] boost::system::result<RedisAddress, AddressError> parse_redis_address(
    std::string_view url);

}  // namespace redirector::store
