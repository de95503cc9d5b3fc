// Every Redis key that this program writes, apart from scan partitions (scan/partition.hpp) and
// logos (cached_logo.hpp): one function a row.
//
//   key                               type    holds                                  written by
//   c:l:<shortId>                     string  a redirection, as redirection.hpp      redirections
//                                             lays it out
//   c:k:<digest>                      string  an API key's actor (JSON)              api/auth
//   c:d:{<account>:<bucket>}:<id>     string  a document, as documents.hpp lays      documents
//                                             it out: thng, product, account ...
//   c:~<node>                         string  heartbeat of a node, expires           tracker
//   d:{<account>:<bucket>}:<index>    zset    documents by createdAt: "thng", or     documents
//                                             "thng.tags=red"
//   c:r:{<owner>}                     string  a Redirector (JSON); owner: an         api/redirector
//                                             account, or <account>.<application>
//   v:r:{<owner>}                     list    its earlier versions, newest first     api/redirector
//   t:{<account>:<bucket>}:<id>:<name> zset   history of a property or (name         documents
//                                             "~location") location, by time
//   g:{<account>:<bucket>}            geo     places of the partition                documents
//   i:{<account>:<bucket>}            zset    short IDs of an account's              redirections
//                                             redirections by createdAt
//   r:<account>:<evrythngId>          zset    short IDs of a resource's              redirections
//                                             redirections by createdAt
//   u:<application>:<email>           string  ID of the user with that address       api/users
//   q:<what>                          string  GCRA state of a rate limit, expires    rate_limit
//   a:{<account>}                     stream  its audit trail: what was changed, by    api/audit
//                                             whom
//   x:accounts                        zset    account IDs by createdAt               api/accounts
//   x:initial-account                 string  IDs of the account that                api/accounts
//                                             --initial-api-key makes
//   x:retention                       string  the node that trims actions now,       retention
//                                             expires
//   x:webhooks                        set     "<account>/<webhook>" of every webhook api/webhooks
//   w:{<webhook>}:state               hash    place: the cursor; pending: the        webhooks/
//                                             batch that is being sent
//   w:{<webhook>}:lease               string  the node that delivers now, expires    webhooks/
//   w:{<webhook>}:dead                list    batches given up (JSON), newest first  webhooks/
//   w:{<webhook>}:redriven            list    those to send again, oldest last       api/webhooks
//   n:{<node>}                        string  the highest epoch that a node's spool  scan/shipper
//                                             has claimed: "<epoch> <incarnation>"
//
// All that nodes keep in memory starts with "c:", the one prefix whose changes Redis tells every
// node (tracker.hpp). A command touches one key, a transaction one hash slot, so that Redis Cluster
// serves all of it. A document, its index members, histories and place in the geo index share a
// slot; the geo index is cut into partitions for that reason, and a search asks all sixteen. Where
// a record and its index lie in different slots, the index is written first and removed last, and
// its readers skip what has no record.
#pragma once

#include "redirector/store/ids.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace redirector::store::keyspace {

inline constexpr std::string_view kCachedPrefix = "c:";
inline constexpr std::string_view kRedirectionPrefix = "c:l:";
inline constexpr std::string_view kApiKeyPrefix = "c:k:";
inline constexpr std::string_view kDocumentPrefix = "c:d:";
inline constexpr std::string_view kRedirectorPrefix = "c:r:";
inline constexpr std::string_view kAccounts = "x:accounts";
inline constexpr std::string_view kInitialAccount = "x:initial-account";
inline constexpr std::string_view kRetentionLease = "x:retention";

inline constexpr std::string_view kWebhooks = "x:webhooks";

// Parts of what is kept of a webhook, all in one slot.
inline constexpr std::string_view kDeliveryState = "state";
inline constexpr std::string_view kDeliveryLease = "lease";
inline constexpr std::string_view kDeadLetters = "dead";
inline constexpr std::string_view kRedriven = "redriven";
inline constexpr std::array kWebhookParts{kDeliveryLease, kDeliveryState, kDeadLetters, kRedriven};

inline std::string join(std::string_view prefix, std::string_view name) {
    std::string key;
    key.reserve(prefix.size() + name.size());
    return key.append(prefix).append(name);
}

// The key of a redirection, for the path of a scan, which allocates nothing.
class RedirectionKey {
  public:
    // `short_id`: passes is_short_id().
    explicit RedirectionKey(std::string_view short_id)
        : size_(kRedirectionPrefix.size() + short_id.size()) {
        kRedirectionPrefix.copy(text_.data(), kRedirectionPrefix.size());
        short_id.copy(text_.data() + kRedirectionPrefix.size(), kMaxShortIdLength);
    }
    operator std::string_view() const { return {text_.data(), size_}; }  // NOLINT: it is the key

  private:
    std::array<char, kRedirectionPrefix.size() + kMaxShortIdLength> text_;
    std::size_t size_;
};

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
inline std::string redirections_of_resource(std::string_view account,
                                            std::string_view evrythng_id) {
    return join("r:", account).append(":").append(evrythng_id);
}

inline std::string user_of_email(std::string_view application, std::string_view email) {
    return join("u:", application).append(":").append(email);
}
inline std::string audit(std::string_view account) {
    return join("a:{", account) + "}";
}
inline std::string rate_limit(std::string_view what) {
    return join("q:", what);
}

inline std::string webhook(std::string_view id, std::string_view part) {
    return join("w:{", id).append("}:").append(part);
}
inline std::string webhook_member(std::string_view account, std::string_view id) {
    return join(account, "/").append(id);
}

// `<prefix>{<account>:<bucket>}`: `bucket` as scan/partition.hpp computes it from the ID.
inline std::string partitioned(std::string_view prefix, std::string_view account, unsigned bucket) {
    return join(prefix, "{").append(account).append(":").append(std::to_string(bucket)).append("}");
}
inline std::string redirections_of_account(std::string_view account, unsigned bucket) {
    return partitioned("i:", account, bucket);
}
inline std::string document(std::string_view account, unsigned bucket, std::string_view id) {
    return partitioned(kDocumentPrefix, account, bucket).append(":").append(id);
}
inline std::string document_index(std::string_view account,
                                  unsigned bucket,
                                  std::string_view index) {
    return partitioned("d:", account, bucket).append(":").append(index);
}
inline std::string history(std::string_view account,
                           unsigned bucket,
                           std::string_view id,
                           std::string_view name) {
    return partitioned("t:", account, bucket).append(":").append(id).append(":").append(name);
}
inline std::string places(std::string_view account, unsigned bucket) {
    return partitioned("g:", account, bucket);
}

}  // namespace redirector::store::keyspace
