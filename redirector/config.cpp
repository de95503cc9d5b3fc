#include "redirector/config.hpp"

#include "redirector/text.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <thread>

namespace redirector {
namespace {

namespace po = boost::program_options;

using Refusal = std::optional<std::string>;

template <class Number>
bool parse_number(std::string_view text, Number low, Number high, Number& number) {
    const auto read = to_number<Number>(text);
    if (!read || *read < low || *read > high) return false;
    number = *read;
    return true;
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':' || c == '%' || c == '_';
}

Refusal store_endpoint(HostPort& endpoint, const std::string& value) {
    const Refusal refusal =
        "HOST:PORT with a port of 1 to 65535, such as 127.0.0.1:8080 or [::1]:8080";
    const auto colon = value.rfind(':');
    if (colon == std::string::npos || colon == 0) return refusal;
    std::string_view host(value.data(), colon);
    if (host.starts_with('[')) {
        if (!host.ends_with(']')) return refusal;
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != host.npos) {
        return refusal;
    }
    if (host.empty() || !std::ranges::all_of(host, is_host_character)) return refusal;
    if (!parse_number<std::uint16_t>(std::string_view(value).substr(colon + 1), 1, 65535,
                                     endpoint.port)) {
        return refusal;
    }
    endpoint.host = host;
    return std::nullopt;
}

Refusal store_text(std::string& text, const std::string& value) {
    if (value.empty()) return "not empty";
    text = value;
    return std::nullopt;
}

Refusal store_domain(Config& config, const std::string& value) {
    if (value.empty() || value.size() > 253 || !std::ranges::all_of(value, is_host_character)) {
        return "a host name, with :PORT where it is not the scheme's own, such as tn.gg";
    }
    config.short_domain.clear();
    for (const char c : value)
        config.short_domain += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return std::nullopt;
}

Refusal store_scheme(Config& config, const std::string& value) {
    if (value != "http" && value != "https") return "http or https";
    config.short_url_scheme = value;
    return std::nullopt;
}

Refusal store_api_url(Config& config, const std::string& value) {
    const bool web = value.starts_with("http://") || value.starts_with("https://");
    if (!web || value.ends_with('/') || value.find_first_of(" \t\"<>?#") != value.npos) {
        return "an http or https URL without query and without a slash at its end, such as "
               "https://api.tn.gg";
    }
    config.api_url = value;
    return std::nullopt;
}

Refusal store_status(Config& config, const std::string& value) {
    constexpr std::array allowed{301, 302, 303, 307, 308};
    int status = 0;
    if (!parse_number(value, 301, 308, status) ||
        std::ranges::find(allowed, status) == allowed.end()) {
        return "one of 301, 302, 303, 307, 308";
    }
    config.redirect_status = status;
    return std::nullopt;
}

Refusal store_threads(Config& config, const std::string& value) {
    if (!parse_number(value, 1U, 256U, config.threads)) return "a whole number from 1 to 256";
    return std::nullopt;
}

Refusal store_limit(std::uint32_t& limit, const std::string& value) {
    if (!parse_number(value, 0U, 60'000U, limit)) return "a whole number from 0 to 60000";
    return std::nullopt;
}

Refusal store_api_key(Config& config, const std::string& value) {
    const auto is_letter_or_digit = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0;
    };
    if (value.size() != 80 || !std::ranges::all_of(value, is_letter_or_digit))
        return "80 letters and digits";
    config.initial_api_key = value;
    return std::nullopt;
}

Refusal store_trusted_proxies(Config& config, const std::string& value) {
    auto proxies = facts::TrustedProxies::parse(value);
    if (!proxies) return proxies.error().message;
    config.trust_proxy = std::move(*proxies);
    return std::nullopt;
}

Refusal store_switch(bool& state, const std::string& value) {
    if (value != "on" && value != "off") return "on or off";
    state = value == "on";
    return std::nullopt;
}

Refusal store_drain_delay(Config& config, const std::string& value) {
    int seconds = 0;
    if (!parse_number(value, 0, 300, seconds)) return "a whole number of seconds from 0 to 300";
    config.drain_delay = std::chrono::seconds(seconds);
    return std::nullopt;
}

Refusal store_max_connections(Config& config, const std::string& value) {
    if (!parse_number<std::size_t>(value, 1, 1'000'000, config.max_connections))
        return "a whole number from 1 to 1000000";
    return std::nullopt;
}

// MiB to bytes.
template <class Bytes>
Refusal store_mebibytes(Bytes& bytes, Bytes low, const std::string& value) {
    constexpr Bytes kHigh = 1 << 20;
    if (!parse_number<Bytes>(value, low, kHigh, bytes)) {
        return "a whole number of MiB from " + std::to_string(low) + " to " + std::to_string(kHigh);
    }
    bytes <<= 20;
    return std::nullopt;
}

Refusal store_durability(Config& config, const std::string& value) {
    const auto level = scan::parse_durability(value);
    if (!level) return "one of memory, process, interval, batch";
    config.scan_durability = *level;
    return std::nullopt;
}

Refusal store_spool_full(Config& config, const std::string& value) {
    if (value != "answer" && value != "refuse") return "answer or refuse";
    config.spool_full =
        value == "answer" ? scan::WhenFull::answer_and_count_dropped : scan::WhenFull::refuse;
    return std::nullopt;
}

Refusal store_ip_privacy(Config& config, const std::string& value) {
    const auto level = scan::parse_ip_privacy(value);
    if (!level) return "one of full, truncated, none";
    config.ip_privacy = *level;
    return std::nullopt;
}

Refusal store_stats_days(Config& config, const std::string& value) {
    if (!parse_number(value, 0U, 3650U, config.stats_days)) return "a whole number from 0 to 3650";
    return std::nullopt;
}

constexpr std::array kSettings{
    Setting{"listen", "HOST:PORT", "127.0.0.1:8080", Scope::serve,
            "public listener: redirects and QR codes",
            [](Config& c, const std::string& v) { return store_endpoint(c.listen, v); }},
    Setting{"api-listen", "HOST:PORT", "127.0.0.1:8081", Scope::serve,
            "management API, /metrics, /healthz and /readyz",
            [](Config& c, const std::string& v) { return store_endpoint(c.api_listen, v); }},
    Setting{"redis", "URL", "embedded", Scope::store,
            "embedded (a private redis-server under --data-dir), "
            "redis://[[user]:password@]host:port[/db], unix:/path.sock, "
            "redis-sentinel://[[user]:password@]h1:p,h2:p/<master> or "
            "redis-cluster://[[user]:password@]h1:p,h2:p",
            [](Config& c, const std::string& v) { return store_text(c.redis, v); }},
    Setting{"redis-replica", "URL", "", Scope::serve,
            "a replica of --redis near this node, redis:// or unix:, that look-ups are read from; "
            "default: none",
            [](Config& c, const std::string& v) { return store_text(c.redis_replica, v); }},
    Setting{"scan-redis", "URL", "", Scope::store,
            "the Redis that takes scans and hits, as --redis but not embedded; default: that of "
            "--redis",
            [](Config& c, const std::string& v) { return store_text(c.scan_redis, v); }},
    Setting{"data-dir", "DIR", "./data", Scope::store,
            "scan spool; with the embedded Redis also its data (append-only file)",
            [](Config& c, const std::string& v) { return store_text(c.data_dir, v); }},
    Setting{"threads", "N", "", Scope::serve,
            "threads that redirect, 1 to 256; default: one per core. One more serves the "
            "management API",
            store_threads},
    Setting{
        "short-domain", "NAME", "", Scope::store,
        "host that short URLs and QR codes carry, such as tn.gg; default: the address of --listen",
        store_domain},
    Setting{"short-url-scheme", "SCHEME", "http", Scope::serve,
            "scheme of short URLs: http or https; default with --tls-certificate: https",
            store_scheme},
    Setting{"api-url", "URL", "", Scope::serve,
            "base of evrythngUrl, Location and Link; default: http:// (https:// with "
            "--tls-certificate) "
            "and the address of --api-listen",
            store_api_url},
    Setting{"redirect-status", "CODE", "307", Scope::serve,
            "status of a redirect: 301, 302, 303, 307 or 308", store_status},
    Setting{"geoip", "FILE", "", Scope::serve,
            "MaxMind DB (City or Country) that tells where a scan is; waited for, and read again "
            "when it changes; "
            "default: none",
            [](Config& c, const std::string& v) { return store_text(c.geoip, v); }},
    Setting{"trust-proxy", "CIDR[,CIDR]", "", Scope::serve,
            "peers whose X-Forwarded-For or Forwarded field, or PROXY preamble, is believed; "
            "default: none",
            store_trusted_proxies},
    Setting{
        "proxy-protocol", "STATE", "off", Scope::serve,
        "on or off; on: connections to the public listener begin with a PROXY v1 or v2 preamble",
        [](Config& c, const std::string& v) { return store_switch(c.proxy_protocol, v); }},
    Setting{
        "tls-certificate", "FILE", "", Scope::serve,
        "PEM certificate with its chain: both listeners speak TLS 1.2 and 1.3; read again when it "
        "changes; default: plain HTTP",
        [](Config& c, const std::string& v) { return store_text(c.tls_certificate, v); }},
    Setting{"tls-key", "FILE", "", Scope::serve, "its PEM private key, without a passphrase",
            [](Config& c, const std::string& v) { return store_text(c.tls_key, v); }},
    Setting{
        "drain-delay", "SECONDS", "0", Scope::serve,
        "after SIGTERM, how long /readyz says no while requests are still taken, 0 to 300: twice "
        "a balancer's check interval; a second signal ends it",
        store_drain_delay},
    Setting{
        "max-connections", "N", "", Scope::serve,
        "connections that each listener keeps open, 1 to 1000000; above, 503; default: as many as "
        "descriptors allow",
        store_max_connections},
    Setting{"cache-size", "MIB", "256", Scope::serve,
            "memory for what was looked up in Redis, 1 to 1048576",
            [](Config& c, const std::string& v) {
                return store_mebibytes<std::size_t>(c.cache_bytes, 1, v);
            }},
    Setting{"spool-size", "MIB", "4096", Scope::serve,
            "disk for scans that Redis has not taken, and for an hour of those that it has, 48 for "
            "each I/O thread to 1048576",
            [](Config& c, const std::string& v) {
                return store_mebibytes<std::uint64_t>(c.spool_bytes, 48, v);
            }},
    Setting{"spool-full", "POLICY", "answer", Scope::serve,
            "when no scan can be kept: answer (redirects go on, scans are counted as dropped) or "
            "refuse (503, so that no redirect goes unrecorded)",
            store_spool_full},
    Setting{"scan-durability", "LEVEL", "process", Scope::serve,
            "what a recorded scan survives: memory (nothing), process (death of the process), "
            "interval (power loss, "
            "less 100 ms), batch (power loss)",
            store_durability},
    Setting{
        "ip-privacy", "LEVEL", "truncated", Scope::serve,
        "how much of a client's address is kept: full, truncated (IPv4 /24, IPv6 /48), none; an "
        "action's place is that of what is kept, so that none keeps no place either",
        store_ip_privacy},
    Setting{"honour-dnt", "STATE", "off", Scope::serve,
            "on or off; on: a scan sent with DNT: 1 or Sec-GPC: 1 is recorded and counted without "
            "address, place, User-Agent, language, referer and user",
            [](Config& c, const std::string& v) { return store_switch(c.honour_dnt, v); }},
    Setting{"stats-days", "N", "400", Scope::serve,
            "how many days hits by hour, country, device and rule are kept, to 3650; 0: none are",
            store_stats_days},
    Setting{
        "webhook-private-targets", "STATE", "off", Scope::serve,
        "on or off; on: webhooks may also lead to private, loopback and other addresses that "
        "are not public",
        [](Config& c, const std::string& v) { return store_switch(c.webhook_private_targets, v); }},
    Setting{"rate-limit", "N", "0", Scope::serve,
            "calls per minute that an API key may make, to 60000; 0: any number",
            [](Config& c, const std::string& v) { return store_limit(c.rate_limit, v); }},
    Setting{"account-rate-limit", "N", "0", Scope::serve,
            "the same for all keys of an account together",
            [](Config& c, const std::string& v) { return store_limit(c.account_rate_limit, v); }},
    Setting{"max-calls", "N", "1024", Scope::serve,
            "management calls that are answered at the same time, to 60000; above, 503; 0: any "
            "number",
            [](Config& c, const std::string& v) { return store_limit(c.max_calls, v); }},
    Setting{"max-account-calls", "N", "256", Scope::serve, "the same of one account; above, 429",
            [](Config& c, const std::string& v) { return store_limit(c.max_account_calls, v); }},
    Setting{"unknown-id-limit", "N", "120", Scope::serve,
            "short IDs that nobody made which a client (IPv4 address, IPv6 /56) may ask for in a "
            "minute, to 60000; above, 429; known IDs are always answered; 0: any number",
            [](Config& c, const std::string& v) { return store_limit(c.unknown_id_limit, v); }},
    Setting{"initial-api-key", "KEY", "", Scope::serve,
            "when the store holds no account: make one whose Operator API key is this (80 letters "
            "and digits)",
            store_api_key},
};

std::string environment_name(std::string_view name) {
    std::string variable = "REDIRECTOR_";
    for (const char c : name)
        variable += c == '-' ? '_' : static_cast<char>(std::toupper(c));
    return variable;
}

po::options_description describe(Scope scope, std::span<const Option> own) {
    po::options_description description;
    const auto add = [&](std::string_view name, std::string_view argument,
                         const std::string& meaning) {
        if (argument.empty()) {
            description.add_options()(std::string(name).c_str(), meaning.c_str());
        } else {
            auto* const text = po::value<std::string>()->value_name(std::string(argument));
            description.add_options()(std::string(name).c_str(), text, meaning.c_str());
        }
    };
    for (const Option& option : own)
        add(option.name, option.argument, std::string(option.meaning));
    for (const Setting& setting : kSettings) {
        if (setting.scope > scope) continue;
        std::string meaning(setting.meaning);
        if (!setting.fallback.empty()) meaning.append("; default: ").append(setting.fallback);
        add(setting.name, setting.argument, meaning);
    }
    if (scope != Scope::none)
        add("config", "FILE",
            "settings from a file, a line `name = value` each; flags and REDIRECTOR_<NAME> go "
            "before "
            "it");
    add("help", "", "this page");
    return description;
}

// A value and where it was given, as an error names it.
struct Given {
    std::string where, value;
};
using GivenValues = std::map<std::string, Given, std::less<>>;

// An empty variable counts as absent: that is how composed environments spell it.
void read_environment(Scope scope, std::span<const std::string> environment, GivenValues& given) {
    for (const Setting& setting : kSettings) {
        if (setting.scope > scope) continue;
        const std::string prefix = environment_name(setting.name) + "=";
        for (const std::string& entry : environment) {
            if (!entry.starts_with(prefix) || entry.size() == prefix.size()) continue;
            given.try_emplace(std::string(setting.name), Given{prefix.substr(0, prefix.size() - 1),
                                                               entry.substr(prefix.size())});
        }
    }
}

std::string read_file(const std::string& path, GivenValues& given) {
    std::ifstream file(path);
    if (!file) return "--config: cannot read \"" + path + "\"";
    try {
        const auto description = describe(Scope::serve, {});
        for (const auto& option : po::parse_config_file(file, description).options) {
            given.try_emplace(option.string_key,
                              Given{path + ": " + option.string_key, option.value.at(0)});
        }
    } catch (const std::exception& problem) {
        return path + ": " + problem.what();
    }
    return {};
}

bool is_any_address(const std::string& host) {
    return host == "0.0.0.0" || host == "::" || host == "0";
}

// Settings that make no sense together; empty: none.
std::string contradiction(const Config& config) {
    if (config.tls_certificate.empty() != config.tls_key.empty()) {
        return config.tls_key.empty() ? "--tls-certificate needs its --tls-key"
                                      : "--tls-key needs its --tls-certificate";
    }
    // What is printed on things cannot be taken back.
    if (config.short_domain.empty() && is_any_address(config.listen.host)) {
        return "--listen " + to_string(config.listen) +
               " is no address that a phone could open: say with --short-domain which name short "
               "URLs and QR codes are to carry";
    }
    if (config.api_url.empty() && is_any_address(config.api_listen.host)) {
        return "--api-listen " + to_string(config.api_listen) +
               " is no address that a client could open: say with --api-url where it is reached";
    }
    return {};
}

void work_out_defaults(Config& config, const GivenValues& given) {
    if (!given.contains("threads"))
        config.threads = std::clamp(std::thread::hardware_concurrency(), 1U, 256U);
    if (config.short_domain.empty()) config.short_domain = to_string(config.listen);
    const std::string own_scheme = config.tls_certificate.empty() ? "http" : "https";
    if (!given.contains("short-url-scheme")) config.short_url_scheme = own_scheme;
    if (config.api_url.empty()) config.api_url = own_scheme + "://" + to_string(config.api_listen);
}

std::string store_all(const GivenValues& given, Config& config) {
    for (const Setting& setting : kSettings) {
        const auto found = given.find(setting.name);
        if (found == given.end() && setting.fallback.empty()) continue;
        const std::string value =
            found == given.end() ? std::string(setting.fallback) : found->second.value;
        if (const auto allowed = setting.store(config, value)) {
            // A key is a secret even when it is mistyped.
            const std::string shown =
                setting.name == "initial-api-key" ? "the value" : "\"" + value + "\"";
            return found->second.where + ": " + shown + " is not allowed; expected " + *allowed;
        }
    }
    if (std::string text = contradiction(config); !text.empty()) return text;
    work_out_defaults(config, given);
    return {};
}

}  // namespace

std::span<const Setting> settings() {
    return kSettings;
}

ParsedConfig parse_config(Scope scope,
                          std::span<const Option> own,
                          unsigned max_positional,
                          const std::vector<std::string>& arguments,
                          std::span<const std::string> environment) {
    ParsedConfig parsed;
    GivenValues given;
    try {
        const auto description = describe(scope, own);
        po::options_description all;
        all.add(description).add_options()("word", po::value<std::vector<std::string>>());
        const po::positional_options_description positional =
            po::positional_options_description().add("word", -1);
        const auto options = po::command_line_parser(arguments)
                                 .options(all)
                                 .positional(positional)
                                 .style(po::command_line_style::default_style &
                                        ~po::command_line_style::allow_guessing)
                                 .run()
                                 .options;
        for (const auto& option : options) {
            if (option.position_key >= 0) {
                parsed.positional.push_back(option.value.at(0));
                continue;
            }
            const std::string value = option.value.empty() ? "" : option.value[0];
            const bool is_own = std::ranges::any_of(own, [&](const Option& o) {
                return o.name.substr(0, o.name.find(',')) == option.string_key;
            });
            if (is_own || option.string_key == "help") {
                parsed.options[option.string_key] = value;
            } else if (!given.try_emplace(option.string_key, Given{"--" + option.string_key, value})
                            .second) {
                parsed.error = "--" + option.string_key + " was given twice";
                return parsed;
            }
        }
    } catch (const po::error& problem) {
        parsed.error = problem.what();
        return parsed;
    }
    if (parsed.options.contains("help")) return parsed;
    if (parsed.positional.size() > max_positional) {
        parsed.error = "unexpected argument \"" + parsed.positional[max_positional] + "\"";
        return parsed;
    }
    read_environment(scope, environment, given);
    if (const auto file = given.find("config"); file != given.end())
        parsed.error = read_file(file->second.value, given);
    Config config;
    if (parsed.error.empty()) parsed.error = store_all(given, config);
    if (parsed.error.empty()) parsed.config = std::move(config);
    return parsed;
}

std::string options_help(Scope scope, std::span<const Option> own) {
    std::ostringstream text;
    text << describe(scope, own);
    return text.str();
}

std::string settings_markdown() {
    std::string table = "| option | default | meaning |\n|---|---|---|\n";
    for (const Setting& setting : kSettings) {
        table.append("| `--")
            .append(setting.name)
            .append(" ")
            .append(setting.argument)
            .append("` | ");
        if (!setting.fallback.empty()) table.append("`").append(setting.fallback).append("`");
        table.append(" | ").append(setting.meaning).append(" |\n");
    }
    return table;
}

}  // namespace redirector
