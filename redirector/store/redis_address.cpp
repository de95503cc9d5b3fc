#include "redirector/store/redis_address.hpp"

#include "redirector/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace redirector::store {
namespace {

constexpr std::size_t kMaxUrl = 4096;
constexpr std::size_t kMaxEndpoints = 64;
constexpr std::uint32_t kMaxDatabase = 1'000'000;
constexpr std::uint16_t kRedisPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;

using Kind = RedisAddress::Kind;

AddressError wrong(std::string part, std::string_view why) {
    std::string message = "Redis URL: " + part + " " + std::string(why);
    return {std::move(part), std::move(message)};
}

bool takes(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

// RFC 3986 2.1. Nothing for a '%' that two hexadecimal digits do not follow.
std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        unsigned value = 0;
        const char* digits = text.data() + i + 1;
        const auto [stop, error] = std::from_chars(digits, digits + 2, value, 16);
        if (error != std::errc{} || stop != digits + 2) return std::nullopt;
        out += static_cast<char>(value);
        i += 2;
    }
    return out;
}

bool is_host_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

bool is_literal6_byte(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
           c == '.';
}

// "host", "host:port", "[::1]", "[::1]:port".
std::optional<AddressError> parse_endpoint(std::string_view text,
                                           std::uint16_t default_port,
                                           RedisAddress::Endpoint& out) {
    std::string_view host = text;
    std::string_view port;
    const bool literal6 = takes(host, "[");
    const std::size_t host_end = host.find(literal6 ? ']' : ':');
    if (literal6 && host_end == std::string_view::npos) return wrong("host", "lacks a closing ']'");
    bool has_port = false;
    if (host_end != std::string_view::npos) {
        port = host.substr(host_end + (literal6 ? 1 : 0));
        host = host.substr(0, host_end);
        has_port = takes(port, ":");
        if (!has_port && !port.empty())
            return wrong("host", "is followed by something other than a port");
    }
    if (host.empty()) return wrong("host", "is missing");
    if (host.size() > 253 ||
        !std::ranges::all_of(host, literal6 ? is_literal6_byte : is_host_byte)) {
        return wrong("host", "is not a host name or address");
    }
    const auto value = has_port ? to_number<std::uint16_t>(port) : default_port;
    if (!value || *value == 0) return wrong("port", "must be a number from 1 to 65535");
    out = {std::string(host), *value};
    return std::nullopt;
}

std::optional<AddressError> parse_endpoints(std::string_view text,
                                            std::uint16_t default_port,
                                            RedisAddress& out) {
    for (bool more = true; more;) {
        const std::size_t comma = text.find(',');
        more = comma != std::string_view::npos;
        if (more && out.kind == Kind::tcp)
            return wrong("host", "must be a single one for redis://");
        if (out.endpoints.size() == kMaxEndpoints) return wrong("host", "list is longer than 64");
        RedisAddress::Endpoint endpoint;
        if (auto error = parse_endpoint(text.substr(0, comma), default_port, endpoint))
            return error;
        out.endpoints.push_back(std::move(endpoint));
        if (more) text.remove_prefix(comma + 1);
    }
    return std::nullopt;
}

std::optional<AddressError> parse_login(std::string_view text, RedisAddress& out) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return wrong("password", "is missing: the form is user:password@ or :password@");
    }
    const auto user = percent_decoded(text.substr(0, colon));
    const auto password = percent_decoded(text.substr(colon + 1));
    if (!user) return wrong("user", "holds a '%' without two hexadecimal digits");
    if (!password) return wrong("password", "holds a '%' without two hexadecimal digits");
    if (password->empty()) return wrong("password", "is empty");
    out.user = *user;
    out.password = *password;
    return std::nullopt;
}

// What stands after the '/': a database for redis://, the master's name for redis-sentinel://.
std::optional<AddressError> parse_tail(std::optional<std::string_view> tail, RedisAddress& out) {
    if (out.kind == Kind::sentinel) {
        if (!tail || tail->empty())
            return wrong("master", "is missing: redis-sentinel://host/<master>");
        if (!std::ranges::all_of(*tail, is_host_byte)) {
            return wrong("master", "may hold only letters, digits, '.', '-' and '_'");
        }
        out.master = *tail;
        return std::nullopt;
    }
    if (!tail || tail->empty()) return std::nullopt;
    if (out.kind == Kind::cluster)
        return wrong("database", "cannot be chosen: a cluster has only 0");
    const auto database = to_number<std::uint32_t>(*tail);
    if (!database || *database > kMaxDatabase) return wrong("database", "must be a number from 0");
    out.database = *database;
    return std::nullopt;
}

std::optional<AddressError> parse_socket_path(std::string_view path, RedisAddress& out) {
    takes(path, "//");  // unix:///run/redis.sock, as some clients write it
    if (!path.starts_with('/')) return wrong("path", "must be absolute: unix:/path.sock");
    if (path.size() > RedisAddress::kMaxSocketPath) {
        return wrong("path", "is longer than the 107 bytes that a Unix socket can have");
    }
    if (path.find('\0') != std::string_view::npos) return wrong("path", "holds a zero byte");
    out.path = path;
    return std::nullopt;
}

std::optional<AddressError> parse_authority(std::string_view rest, RedisAddress& out) {
    // The last '@' before the path: a password may hold an unescaped '@', a host may not.
    const std::size_t at = rest.rfind('@');
    if (at != std::string_view::npos) {
        if (auto error = parse_login(rest.substr(0, at), out)) return error;
        rest.remove_prefix(at + 1);
    }
    std::optional<std::string_view> tail;
    if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
        tail = rest.substr(slash + 1);
        rest = rest.substr(0, slash);
    }
    const std::uint16_t port = out.kind == Kind::sentinel ? kSentinelPort : kRedisPort;
    if (auto error = parse_endpoints(rest, port, out)) return error;
    return parse_tail(tail, out);
}

}  // namespace

boost::system::result<RedisAddress, AddressError> parse_redis_address(std::string_view url) {
    if (url.size() > kMaxUrl) return wrong("length", "is over 4096 bytes");
    RedisAddress out;
    std::optional<AddressError> error;
    if (takes(url, "unix:")) {
        out.kind = Kind::unix_socket;
        error = parse_socket_path(url, out);
    } else if (takes(url, "redis://")) {
        out.kind = Kind::tcp;
        error = parse_authority(url, out);
    } else if (takes(url, "redis-sentinel://")) {
        out.kind = Kind::sentinel;
        error = parse_authority(url, out);
    } else if (takes(url, "redis-cluster://")) {
        out.kind = Kind::cluster;
        error = parse_authority(url, out);
    } else {
        error = wrong("scheme", "must be redis://, unix:, redis-sentinel:// or redis-cluster://");
    }
    if (error) return *std::move(error);
    return out;
}

std::string RedisAddress::describe() const {
    if (kind == Kind::unix_socket) return "unix:" + path;
    std::string text = kind == Kind::tcp        ? "redis://"
                       : kind == Kind::sentinel ? "redis-sentinel://"
                                                : "redis-cluster://";
    const char* separator = "";
    for (const Endpoint& endpoint : endpoints) {
        const bool literal6 = endpoint.host.find(':') != std::string::npos;
        text += separator;
        text += literal6 ? "[" + endpoint.host + "]" : endpoint.host;
        text += ":" + std::to_string(endpoint.port);
        separator = ",";
    }
    if (kind == Kind::sentinel) text += "/" + master;
    if (kind == Kind::tcp && database != 0) text += "/" + std::to_string(database);
    return text;
}

}  // namespace redirector::store
