// Identifiers: short IDs, resource IDs, API keys. Their alphabets, how new ones are drawn, what a
// given one must look like.
// Units:   lengths in characters (all ASCII).
// Errors:  none; a test answers false. Drawing uses libsodium's CSPRNG, which init() must have
//          prepared.
// Threads: all functions are safe from any thread.
// Source:  contract 3 (short IDs), 6 (resource IDs, keys); reference/001, ShortId and IdField
//          schemas.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace redirector::store {

// New short IDs: no I, J, L, O or Z, so that they can be read aloud; 49.5 bits of randomness; 10 of
// them after "https://TN.GG/" always make a version 2-Q QR code.
inline constexpr std::string_view kShortIdAlphabet = "ABCDEFGHKMNPQRSTUVWXY0123456789";
inline constexpr std::size_t kNewShortIdLength = 10;
inline constexpr std::size_t kMinShortIdLength = 4;
inline constexpr std::size_t kMaxShortIdLength = 40;

inline constexpr std::string_view kResourceIdAlphabet =
    "abcdefghkmnpqrstwxyABCDEFGHKMNPQRSTUVWXY0123456789";
inline constexpr std::size_t kResourceIdLength = 24;

inline constexpr std::size_t kApiKeyLength = 80;

// Whether `text` can be a short ID: 4 to 40 of A-Z a-z 0-9 _ -, case-sensitive.
bool is_short_id(std::string_view text);

// Whether `text` can be a resource ID: 24 letters or digits (older ones are hexadecimal, so any are
// taken).
bool is_resource_id(std::string_view text);

// Whether `text` can be an API key: 80 letters or digits.
bool is_api_key(std::string_view text);

// Prepares the random generator; call once before any new_...(). Ends the process if the system has
// no entropy source.
void init_ids();

std::string new_short_id();

// The short ID that belongs to a text: as random as a drawn one to whoever does not know the text,
// and the same every time.
std::string derived_short_id(std::string_view text);

std::string new_resource_id();  // first character 'U'
std::string new_api_key();
std::string new_guid();  // RFC 9562 version 4, lower case

// What is stored of a key: SHA-256, 64 lower-case hexadecimal digits. A key has 476 random bits, so
// a fast hash is enough.
std::string api_key_digest(std::string_view key);

}  // namespace redirector::store
