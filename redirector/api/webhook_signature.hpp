// What a webhook's receiver checks: the secret that both know, and the signature made with it.
// Shape:   a secret is "whsec_" and the base64 of 24 to 64 bytes, the key; a signature is "v1," and
//          the base64 of HMAC-SHA256 with that key over "<id>.<timestamp>.<body>".
// Units:   the timestamp is in seconds since the epoch.
// Threads: pure functions but new_webhook_secret(), which any thread may call after
//          store::init_ids().
// Source:  Standard Webhooks 1.0, "Signature scheme" and "Secret".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redirector::api {

std::string new_webhook_secret();  // of 32 random bytes

// The key that a secret holds; nullopt: it is none.
std::optional<std::string> webhook_key(std::string_view secret);

std::string webhook_signature(std::string_view key,
                              std::string_view id,
                              std::int64_t timestamp,
                              std::string_view body);

}  // namespace redirector::api
