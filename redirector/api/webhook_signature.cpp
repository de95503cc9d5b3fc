#include "redirector/api/webhook_signature.hpp"

#include <array>
#include <sodium.h>
#include <span>

namespace redirector::api {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kMinKey = 24;
constexpr std::size_t kMaxKey = 64;
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string base64(std::span<const unsigned char> bytes) {
    std::string text(sodium_base64_encoded_len(bytes.size(), kBase64), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kBase64);
    text.pop_back();  // the zero that ends it
    return text;
}

}  // namespace

std::string new_webhook_secret() {
    std::array<unsigned char, 32> key{};
    randombytes_buf(key.data(), key.size());
    return std::string(kPrefix) + base64(key);
}

std::optional<std::string> webhook_key(std::string_view secret) {
    if (!secret.starts_with(kPrefix)) return std::nullopt;
    secret.remove_prefix(kPrefix.size());
    std::array<unsigned char, kMaxKey> key{};
    std::size_t length = 0;
    const char* end = nullptr;
    const int failed = sodium_base642bin(key.data(), key.size(), secret.data(), secret.size(),
                                         nullptr, &length, &end, kBase64);
    if (failed != 0 || end != secret.data() + secret.size() || length < kMinKey)
        return std::nullopt;
    return std::string(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(length));
}

std::string webhook_signature(std::string_view key,
                              std::string_view id,
                              std::int64_t timestamp,
                              std::string_view body) {
    std::string head(id);
    head.append(".").append(std::to_string(timestamp)).append(".");
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
    crypto_auth_hmacsha256_update(&state, bytes_of(head), head.size());
    crypto_auth_hmacsha256_update(&state, bytes_of(body), body.size());
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> digest{};
    crypto_auth_hmacsha256_final(&state, digest.data());
    return "v1," + base64(digest);
}

}  // namespace redirector::api
