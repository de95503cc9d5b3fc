// One scan as bytes: what the I/O thread appends, the spool keeps, a stream entry carries.
// Shape:   a record is a run of fields in ascending number, each `u8 number | varint length |
//          bytes`. Lengths are LEB128 (7 bits per byte, low first), at most 3 bytes. A field that
//          is empty, zero or unknown is absent. A number that a reader does not know is skipped
//          by its length, so that fields may be added; numbers are never reused. Values:
//          text     bytes as received, not checked for UTF-8, cut at the bound between characters
//          integer  unsigned, little-endian, without its leading zero bytes (0 to 8 bytes)
//          degrees  round(value * 1e6) as zigzag (0, -1, 1, -2 ...), then like an integer
//          address  4 bytes for IPv4, 16 for IPv6, network order
// Example: short id "ABCD" at 1000 ms with do-not-track, 13 bytes (a phone's scan takes 250 to
//          350):
//          01 02 e8 03 | 03 04 41 42 43 44 | 12 01 02
// Units:   milliseconds since the epoch, UTC; degrees, WGS 84.
// Errors:  encode cannot fail; decode answers nullopt for bytes that encode never makes.
// Threads: pure functions. Views that decode returns point into the bytes it was given.
#pragma once

#include "redirector/request.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace redirector::scan {

enum class ResourceType : std::uint8_t { unknown, thng, product, collection, place };

// Which Redirector chose the target; `fallback` is the redirection's default URL.
enum class ReactionLevel : std::uint8_t { fallback, account, application };

// Bytes of Scan::reaction_context that a record keeps.
inline constexpr std::size_t kMaxReactionContext = 8192;

// Where an action's coordinates come from; `derived`: from the address, where there are any.
enum class LocationSource : std::uint8_t { derived, sensor, place };

// Bits of Scan::flags.
inline constexpr std::uint8_t kBot = 1;  // the agent names itself a crawler or a link preview
inline constexpr std::uint8_t kDoNotTrack = 2;  // DNT: 1 or Sec-GPC: 1

struct Coordinates {
    double latitude = 0;   // -90 .. 90
    double longitude = 0;  // -180 .. 180
    friend bool operator==(const Coordinates&, const Coordinates&) = default;
};

// What happened, as views into memory of the caller: nothing is copied before the spool.
struct Scan {
    std::uint64_t time_ms = 0;
    std::string_view account;
    std::string_view short_id;
    std::string_view evrythng_id;
    ResourceType resource_type = ResourceType::unknown;
    std::string_view product;            // of the thng
    std::string_view action_type;        // empty: implicitScans
    std::optional<IpAddress> client_ip;  // after make_private() (ip_privacy.hpp)
    std::string_view user_agent;
    std::string_view referer;
    std::string_view accept_language;
    std::string_view country;  // ISO 3166-1 alpha-2
    std::string_view region;
    std::string_view city;
    std::string_view time_zone;  // IANA name
    std::optional<Coordinates> coordinates;
    std::uint8_t flags = 0;  // kBot, kDoNotTrack
    ReactionLevel reaction_level = ReactionLevel::fallback;
    std::uint32_t rule = 0;             // 1 for the first; 0: none
    std::string_view redirect_url;      // what the Location header said
    std::string_view reaction_context;  // JSON object, application level only
    std::string_view project;
    std::string_view application;
    std::string_view user;
    // Of actions that a client made.
    std::string_view tags;           // JSON array of strings
    std::string_view identifiers;    // JSON object of strings
    std::string_view custom_fields;  // JSON object
    LocationSource location_source = LocationSource::derived;
    std::string_view place;   // where it was, when a place was named
    std::string_view device;  // the thng whose key made it
    std::string_view scopes;  // JSON object; empty: those that follow from project and user
    friend bool operator==(const Scan&, const Scan&) = default;
};

inline constexpr std::string_view kImplicitScans = "implicitScans";

enum class Privacy : std::uint8_t {
    none,      // about the product or the rule
    account,   // names a customer's resource
    indirect,  // may single out a person together with other facts
    personal,  // about a person
};

// The table of fields: what each is, where it comes from, and how long it may be.
struct RecordField {
    std::uint8_t number;
    std::string_view name;
    std::string_view unit;
    std::string_view source;
    Privacy privacy;
    std::uint16_t bound;  // bytes of value
};

inline constexpr std::size_t kFieldCount = 32;
extern const std::array<RecordField, kFieldCount> kFields;

// The longest record: every field at its bound, with number and length.
inline constexpr std::size_t kMaxRecord = 56'320;

// Bytes that encode() will write for `scan`, at most kMaxRecord.
std::size_t encoded_size(const Scan& scan) noexcept;

// Writes exactly encoded_size(scan) bytes. No allocation.
void encode(const Scan& scan, std::uint8_t* out) noexcept;

// The scan in `bytes`, or nullopt where a field is cut, out of order or over its bound. Views point
// into `bytes`. Encoding the result again gives the same bytes, less the fields not known here.
std::optional<Scan> decode(std::span<const std::uint8_t> bytes) noexcept;

// The longest prefix of `text` of at most `bound` bytes that cuts no UTF-8 sequence (RFC 3629 3).
std::string_view cut_utf8(std::string_view text, std::size_t bound) noexcept;

}  // namespace redirector::scan
