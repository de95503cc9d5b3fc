// Settings of `redirector serve` and its sibling commands: one table, from which the parser, --help
// and the README are made.
// Shape:   a setting comes from the command line (--name value), else the environment
//          (REDIRECTOR_NAME, dashes as underscores), else the file named by --config (lines `name =
//          value`, # starts a comment), else its default.
// Errors:  a value that is not allowed is refused with the option, the value and what is allowed.
// Threads: read-only once parsed.
// Source:  contract 2.
#pragma once

#include "redirector/facts/proxy.hpp"
#include "redirector/scan/ip_privacy.hpp"
#include "redirector/scan/spool.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector {

struct HostPort {
    std::string host;  // IPv4 or IPv6 address (without brackets) or a name
    std::uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:8080".
inline std::string to_string(const HostPort& endpoint) {
    const bool ipv6 = endpoint.host.find(':') != std::string::npos;
    return (ipv6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

struct Config {
    HostPort listen;
    HostPort api_listen;
    std::string redis;
    std::string redis_replica;  // empty: none
    std::string scan_redis;     // empty: the same
    std::string data_dir;
    unsigned threads = 1;
    std::string short_domain;
    std::string short_url_scheme;
    std::string api_url;  // without a slash at the end
    int redirect_status = 307;
    std::string initial_api_key;           // empty: none
    std::uint32_t rate_limit = 0;          // calls per minute and API key; 0: any number
    std::uint32_t account_rate_limit = 0;  // the same per account
    std::uint32_t max_calls = 0;           // answered at the same time; 0: any number
    std::uint32_t max_account_calls = 0;   // the same per account
    std::string geoip;                     // path; empty: none
    facts::TrustedProxies trust_proxy;
    bool proxy_protocol = false;
    std::string tls_certificate;  // path; empty: plain HTTP
    std::string tls_key;
    std::chrono::seconds drain_delay{0};
    std::uint32_t unknown_id_limit = 0;  // per minute and client; 0: any number
    std::size_t max_connections = 0;     // of each listener; 0: as descriptors allow
    std::size_t cache_bytes = 0;
    std::uint64_t spool_bytes = 0;  // of each spool
    scan::WhenFull spool_full = scan::WhenFull::answer_and_count_dropped;
    scan::Durability scan_durability = scan::Durability::process;
    scan::IpPrivacy ip_privacy = scan::IpPrivacy::truncated;
    bool honour_dnt = false;
    bool webhook_private_targets = false;
    unsigned stats_days = 400;  // 0: no statistics are kept

    // "https://tn.gg/" + short_id
    std::string short_url(std::string_view short_id) const {
        return short_url_scheme + "://" + short_domain + "/" + std::string(short_id);
    }
};

// Which settings a command takes: `serve` all, those that reach for the store its own, others none.
enum class Scope : std::uint8_t { none, store, serve };

struct Setting {
    std::string_view name;      // without dashes
    std::string_view argument;  // what stands for the value in --help
    std::string_view fallback;  // default as text; empty: worked out, see `meaning`
    Scope scope;
    std::string_view meaning;
    // Stores the value; on refusal returns what is allowed: "one of 301, 302, 303, 307, 308".
    std::optional<std::string> (*store)(Config&, const std::string& value);
};

std::span<const Setting> settings();

// An option that one subcommand has besides the settings; a switch when `argument` is empty.
struct Option {
    std::string_view name;
    std::string_view argument;
    std::string_view meaning;
};

struct ParsedConfig {
    std::optional<Config> config;  // absent when `error` says why, or when --help was asked for
    std::map<std::string, std::string>
        options;                          // those of the subcommand's own options that were given
    std::vector<std::string> positional;  // words without dashes, at most `max_positional`
    std::string error;                    // one sentence
};

// `arguments` without the program's and the subcommand's name; `environment` as "NAME=value".
ParsedConfig parse_config(Scope scope,
                          std::span<const Option> own,
                          unsigned max_positional,
                          const std::vector<std::string>& arguments,
                          std::span<const std::string> environment);

// The settings of a scope, after a subcommand's own options, as --help shows them.
std::string options_help(Scope scope, std::span<const Option> own);

// The table as README.md holds it, in Markdown.
std::string settings_markdown();

}  // namespace redirector
