// Every Redis key that this program writes, apart from the scan partitions (scan/partition.hpp):
// one function a row.
//
//   key                            type    holds written by c:l:<shortId>                  string
//   a redirection, as redirection.hpp lays it out             redirections c:k:<digest> string
//   an API key's actor (JSON); digest as in ids.hpp           accounts c:~<node> string  heartbeat
//   of a node, expires                              tracker a:<account>                    string
//   an account document (JSON)                                accounts o:<operator> string  an
//   operator document (JSON)                               accounts i:{<account>:<bucket>} zset
//   short IDs of an account's redirections by createdAt       api/redirections e:<evrythngId> zset
//   short IDs of a resource's redirections by createdAt       api/redirections x:accounts zset
//   account IDs by createdAt                                  accounts x:initial-account string  ID
//   of the account that --initial-api-key makes            accounts
//
// All that nodes keep in memory starts with "c:", the one prefix whose changes Redis tells every
// node (tracker.hpp). A command touches one key, a transaction one hash slot, so that Redis Cluster
// serves all of it. Where a document and its index lie in different slots, the index is written
// first and removed last, and its readers skip what has no document.
#pragma once

#include <string>
#include <string_view>

namespace redirector::store::keyspace {

inline constexpr std::string_view kCachedPrefix = "c:";
inline constexpr std::string_view kRedirectionPrefix = "c:l:";
inline constexpr std::string_view kApiKeyPrefix = "c:k:";
inline constexpr std::string_view kRedirectorPrefix = "c:r:";
inline constexpr std::string_view kAccounts = "x:accounts";
inline constexpr std::string_view kInitialAccount = "x:initial-account";

inline std::string join(std::string_view prefix, std::string_view name) {
    std::string key;
    key.reserve(prefix.size() + name.size());
    return key.append(prefix).append(name);
}

inline std::string redirection(std::string_view short_id) {
    return join(kRedirectionPrefix, short_id);
}
inline std::string api_key(std::string_view digest) {
    return join(kApiKeyPrefix, digest);
}
inline std::string redirector_owner(std::string_view account, std::string_view app) {
    return app.empty() ? std::string(account) : join(account, ".").append(app);
}
inline std::string redirector(std::string_view owner) {
    return join("c:r:{", owner) + "}";
}
inline std::string redirector_versions(std::string_view owner) {
    return join("v:r:{", owner) + "}";
}
inline std::string account(std::string_view id) {
    return join("a:", id);
}
inline std::string operator_(std::string_view id) {
    return join("o:", id);
}
inline std::string redirections_of_resource(std::string_view evrythng_id) {
    return join("r:", evrythng_id);
}

// `bucket` as scan/partition.hpp computes it from the short ID.
inline std::string redirections_of_account(std::string_view account, unsigned bucket) {
    return join("i:{", account) + ":" + std::to_string(bucket) + "}";
}

}  // namespace redirector::store::keyspace
