#include "redirector/store/ids.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <sodium.h>

namespace redirector::store {
namespace {

constexpr std::string_view kAlphanumeric =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool is_alphanumeric(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::string draw(std::string_view alphabet, std::size_t length) {
    std::string text(length, '\0');
    for (char& c : text)
        c = alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
    return text;
}

}  // namespace

bool is_short_id(std::string_view text) {
    return text.size() >= kMinShortIdLength && text.size() <= kMaxShortIdLength &&
           std::ranges::all_of(text,
                               [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; });
}

bool is_resource_id(std::string_view text) {
    return text.size() == kResourceIdLength && std::ranges::all_of(text, is_alphanumeric);
}

bool is_api_key(std::string_view text) {
    return text.size() == kApiKeyLength && std::ranges::all_of(text, is_alphanumeric);
}

void init_ids() {
    if (sodium_init() < 0) {
        std::fputs("redirector: the system offers no source of randomness\n", stderr);
        std::exit(1);
    }
}

std::string new_short_id() {
    return draw(kShortIdAlphabet, kNewShortIdLength);
}

std::string derived_short_id(std::string_view text) {
    constexpr std::size_t kLetters = kShortIdAlphabet.size();
    constexpr std::size_t kEven = 256 / kLetters * kLetters;  // bytes below favour no letter
    std::string id;
    for (unsigned round = 0; id.size() < kNewShortIdLength; ++round) {
        const std::string input = std::to_string(round) + ":" + std::string(text);
        std::array<unsigned char, crypto_generichash_BYTES_MAX> hash;
        crypto_generichash(hash.data(), hash.size(),
                           reinterpret_cast<const unsigned char*>(input.data()), input.size(),
                           nullptr, 0);
        for (const unsigned char byte : hash) {
            if (byte < kEven && id.size() < kNewShortIdLength)
                id += kShortIdAlphabet[byte % kLetters];
        }
    }
    return id;
}

std::string new_resource_id() {
    return "U" + draw(kResourceIdAlphabet, kResourceIdLength - 1);
}

std::string new_api_key() {
    return draw(kAlphanumeric, kApiKeyLength);
}

std::string new_guid() {
    std::array<unsigned char, 16> bytes;
    randombytes_buf(bytes.data(), bytes.size());
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);  // version
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);  // variant
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += "0123456789abcdef"[bytes[i] >> 4];
        text += "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

std::string api_key_digest(std::string_view key) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest;
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(key.data()),
                       key.size());
    std::array<char, digest.size() * 2 + 1> hex;
    sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
    return hex.data();
}

}  // namespace redirector::store
