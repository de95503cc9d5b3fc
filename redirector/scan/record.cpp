#include "redirector/scan/record.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace redirector::scan {

const std::array<RecordField, kFieldCount> kFields{{
    {1, "time", "ms", "the node's clock when the redirect was decided", Privacy::indirect, 8},
    {2, "account", "id", "the redirection", Privacy::account, 24},
    {3, "shortId", "text", "the request's path", Privacy::account, 40},
    {4, "evrythngId", "id", "the redirection", Privacy::account, 24},
    {5, "resourceType", "enum", "the redirection", Privacy::none, 1},
    {6, "product", "id", "the thng", Privacy::account, 24},
    {7, "type", "text", "implicitScans when absent", Privacy::none, 64},
    {8, "ipAddress", "address", "the peer or a trusted proxy, made private", Privacy::personal, 16},
    {9, "userAgent", "text", "User-Agent", Privacy::indirect, 512},
    {10, "referer", "text", "Referer", Privacy::indirect, 512},
    {11, "acceptLanguage", "text", "Accept-Language", Privacy::indirect, 128},
    {12, "countryCode", "ISO 3166-1", "the address, by the geo database", Privacy::indirect, 2},
    {13, "region", "text", "the address, by the geo database", Privacy::indirect, 128},
    {14, "city", "text", "the address, by the geo database", Privacy::indirect, 128},
    {15, "timeZone", "IANA name", "the address, by the geo database", Privacy::indirect, 64},
    {16, "latitude", "degrees", "the address, by the geo database", Privacy::personal, 8},
    {17, "longitude", "degrees", "the address, by the geo database", Privacy::personal, 8},
    {18, "flags", "bits", "kBot, kDoNotTrack: User-Agent, DNT, Sec-GPC", Privacy::none, 1},
    {19, "reactionLevel", "enum", "the Redirector that decided", Privacy::none, 1},
    {20, "rule", "number", "the rule that matched, from 1", Privacy::none, 4},
    {21, "redirectUrl", "URL", "the answer's Location", Privacy::account, 8192},
    {22, "redirectionContext", "JSON", "constants and facts the rule used", Privacy::indirect,
     kMaxReactionContext},
    {23, "project", "id", "the application's project", Privacy::account, 24},
    {24, "application", "id", "the user's application", Privacy::account, 24},
    {25, "user", "id", "the request's Application User key", Privacy::personal, 24},
    {26, "tags", "JSON", "the client's action", Privacy::account, 8192},
    {27, "identifiers", "JSON", "the client's action", Privacy::account, 8192},
    {28, "customFields", "JSON", "the client's action", Privacy::indirect, 16384},
    {29, "locationSource", "enum", "whether the client said where it was", Privacy::none, 1},
    {30, "place", "id", "the client's action", Privacy::indirect, 24},
    {31, "createdByThng", "id", "the request's device key", Privacy::account, 24},
    {32, "scopes", "JSON", "the client's action", Privacy::account, 2048},
}};

namespace {

constexpr std::size_t kVarintMax = 3;
constexpr double kDegreeScale = 1e6;

constexpr std::uint16_t bound(std::uint8_t number) {
    return kFields[number - 1U].bound;
}

std::size_t varint_size(std::size_t n) {
    return n < 0x80 ? 1 : n < 0x4000 ? 2 : 3;
}

std::size_t integer_size(std::uint64_t n) {
    std::size_t bytes = 0;
    for (; n != 0; n >>= 8)
        ++bytes;
    return bytes;
}

std::uint64_t zigzag(double degrees) {
    const auto n = static_cast<std::int64_t>(std::llround(degrees * kDegreeScale));
    return (static_cast<std::uint64_t>(n) << 1) ^ static_cast<std::uint64_t>(n >> 63);
}

double unzigzag(std::uint64_t n) {
    return static_cast<double>(static_cast<std::int64_t>((n >> 1) ^ (0 - (n & 1)))) / kDegreeScale;
}

bool on_earth(const Coordinates& c) {
    return std::abs(c.latitude) <= 90 && std::abs(c.longitude) <= 180;  // false for NaN
}

// Counts the bytes of a record.
class Measure {
  public:
    void bytes(std::uint8_t, const void*, std::size_t size) {
        size_ += 1 + varint_size(size) + size;
    }
    void integer(std::uint8_t, std::uint64_t value) { size_ += 2 + integer_size(value); }
    std::size_t size() const { return size_; }

  private:
    std::size_t size_ = 0;
};

// Writes them.
class Output {
  public:
    explicit Output(std::uint8_t* to) : to_(to) {}

    void bytes(std::uint8_t number, const void* from, std::size_t size) {
        *to_++ = number;
        std::size_t rest = size;
        for (; rest >= 0x80; rest >>= 7)
            *to_++ = static_cast<std::uint8_t>(rest | 0x80);
        *to_++ = static_cast<std::uint8_t>(rest);
        std::memcpy(to_, from, size);
        to_ += size;
    }
    void integer(std::uint8_t number, std::uint64_t value) {
        *to_++ = number;
        std::uint8_t& size = *to_++;
        size = 0;
        for (; value != 0; value >>= 8, ++size)
            *to_++ = static_cast<std::uint8_t>(value);
    }

  private:
    std::uint8_t* to_;
};

template <class To>
void put(To& to, std::uint8_t number, std::string_view text) {
    text = cut_utf8(text, bound(number));
    if (!text.empty()) to.bytes(number, text.data(), text.size());
}

template <class To>
void put(To& to, std::uint8_t number, std::uint64_t value) {
    if (value != 0) to.integer(number, value);
}

// The first bytes of an IPv4 address mapped into IPv6.
constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <class To>
void put_address(To& to, std::uint8_t number, const std::optional<IpAddress>& address) {
    if (!address) return;
    const bool v4 = std::equal(kMapped.begin(), kMapped.end(), address->begin());
    const std::size_t skip = v4 ? kMapped.size() : 0;
    to.bytes(number, address->data() + skip, address->size() - skip);
}

template <class To>
void walk(To& to, const Scan& scan) {
    put(to, 1, scan.time_ms);
    put(to, 2, scan.account);
    put(to, 3, scan.short_id);
    put(to, 4, scan.evrythng_id);
    put(to, 5, static_cast<std::uint64_t>(scan.resource_type));
    put(to, 6, scan.product);
    if (scan.action_type != kImplicitScans) put(to, 7, scan.action_type);
    put_address(to, 8, scan.client_ip);
    put(to, 9, scan.user_agent);
    put(to, 10, scan.referer);
    put(to, 11, scan.accept_language);
    put(to, 12, scan.country);
    put(to, 13, scan.region);
    put(to, 14, scan.city);
    put(to, 15, scan.time_zone);
    if (scan.coordinates && on_earth(*scan.coordinates)) {
        // Zero degrees is a place: the fields are there even when their value has no bytes.
        to.integer(16, zigzag(scan.coordinates->latitude));
        to.integer(17, zigzag(scan.coordinates->longitude));
    }
    put(to, 18, std::uint64_t{scan.flags});
    put(to, 19, static_cast<std::uint64_t>(scan.reaction_level));
    put(to, 20, std::uint64_t{scan.rule});
    put(to, 21, scan.redirect_url);
    put(to, 22, scan.reaction_context);
    put(to, 23, scan.project);
    put(to, 24, scan.application);
    put(to, 25, scan.user);
    put(to, 26, scan.tags);
    put(to, 27, scan.identifiers);
    put(to, 28, scan.custom_fields);
    put(to, 29, static_cast<std::uint64_t>(scan.location_source));
    put(to, 30, scan.place);
    put(to, 31, scan.device);
    put(to, 32, scan.scopes);
}

using Bytes = std::span<const std::uint8_t>;

// Splits a record into fields, ascending and within their bounds.
class Input {
  public:
    explicit Input(Bytes bytes) : rest_(bytes) {}

    bool more() const { return !rest_.empty(); }

    // The next field; false where the bytes break the layout.
    bool next(std::uint8_t& number, Bytes& value) {
        if (rest_.front() <= last_) return false;
        number = last_ = rest_.front();
        rest_ = rest_.subspan(1);
        std::size_t size = 0;
        if (!length(size) || size > rest_.size()) return false;
        value = rest_.first(size);
        rest_ = rest_.subspan(size);
        return number > kFieldCount || size <= bound(number);
    }

  private:
    bool length(std::size_t& size) {
        for (std::size_t i = 0; i < kVarintMax && i < rest_.size(); ++i) {
            size |= std::size_t{rest_[i] & 0x7fU} << (7 * i);
            if (rest_[i] & 0x80) continue;
            rest_ = rest_.subspan(i + 1);
            return i == 0 || size >> (7 * i) != 0;  // one way to write each length
        }
        return false;
    }

    Bytes rest_;
    std::uint8_t last_ = 0;
};

std::string_view text_of(Bytes value) {
    return {reinterpret_cast<const char*>(value.data()), value.size()};
}

std::uint64_t integer_of(Bytes value) {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < value.size(); ++i)
        n |= std::uint64_t{value[i]} << (8 * i);
    return n;
}

bool take_address(Bytes value, Scan& scan) {
    if (value.size() != 4 && value.size() != 16) return false;
    IpAddress address{};
    if (value.size() == 4) address[10] = address[11] = 0xff;
    std::copy(value.begin(), value.end(),
              address.end() - static_cast<std::ptrdiff_t>(value.size()));
    scan.client_ip = address;
    return true;
}

template <class Enum>
bool take_enum(Bytes value, Enum last, Enum& to) {
    if (integer_of(value) > static_cast<std::uint64_t>(last)) return false;
    to = static_cast<Enum>(integer_of(value));
    return true;
}

// The text fields' places in a Scan; nullptr for other fields.
std::string_view* text_place(std::uint8_t number, Scan& scan) {
    switch (number) {
        case 2:
            return &scan.account;
        case 3:
            return &scan.short_id;
        case 4:
            return &scan.evrythng_id;
        case 6:
            return &scan.product;
        case 7:
            return &scan.action_type;
        case 9:
            return &scan.user_agent;
        case 10:
            return &scan.referer;
        case 11:
            return &scan.accept_language;
        case 12:
            return &scan.country;
        case 13:
            return &scan.region;
        case 14:
            return &scan.city;
        case 15:
            return &scan.time_zone;
        case 21:
            return &scan.redirect_url;
        case 22:
            return &scan.reaction_context;
        case 23:
            return &scan.project;
        case 24:
            return &scan.application;
        case 25:
            return &scan.user;
        case 26:
            return &scan.tags;
        case 27:
            return &scan.identifiers;
        case 28:
            return &scan.custom_fields;
        case 30:
            return &scan.place;
        case 31:
            return &scan.device;
        case 32:
            return &scan.scopes;
        default:
            return nullptr;
    }
}

bool take(std::uint8_t number, Bytes value, Scan& scan) {
    if (std::string_view* place = text_place(number, scan)) {
        *place = text_of(value);
        if (scan.action_type == kImplicitScans) scan.action_type = {};
        return true;
    }
    switch (number) {
        case 1:
            scan.time_ms = integer_of(value);
            return true;
        case 5:
            return take_enum(value, ResourceType::place, scan.resource_type);
        case 8:
            return take_address(value, scan);
        case 16:
            scan.coordinates.emplace().latitude = unzigzag(integer_of(value));
            return true;
        case 17:
            if (!scan.coordinates) return false;
            scan.coordinates->longitude = unzigzag(integer_of(value));
            return on_earth(*scan.coordinates);
        case 18:
            scan.flags = static_cast<std::uint8_t>(integer_of(value));
            return true;
        case 19:
            return take_enum(value, ReactionLevel::application, scan.reaction_level);
        case 20:
            scan.rule = static_cast<std::uint32_t>(integer_of(value));
            return true;
        case 29:
            return take_enum(value, LocationSource::place, scan.location_source);
        default:
            return true;  // written by a newer version
    }
}

}  // namespace

std::size_t encoded_size(const Scan& scan) noexcept {
    Measure measure;
    walk(measure, scan);
    return measure.size();
}

void encode(const Scan& scan, std::uint8_t* out) noexcept {
    Output output(out);
    walk(output, scan);
}

std::optional<Scan> decode(std::span<const std::uint8_t> bytes) noexcept {
    Scan scan;
    Input input(bytes);
    while (input.more()) {
        std::uint8_t number = 0;
        Bytes value;
        if (!input.next(number, value) || !take(number, value, scan)) return std::nullopt;
    }
    if (scan.coordinates && !on_earth(*scan.coordinates)) return std::nullopt;
    return scan;
}

std::string_view cut_utf8(std::string_view text, std::size_t bound) noexcept {
    if (text.size() <= bound) return text;
    std::size_t end = bound;
    // Back to the first byte of the sequence that the bound cuts; at most 3 steps, since longer
    // runs of continuation bytes are not UTF-8 and may be cut anywhere.
    while (end > 0 && bound - end < 3 && (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80)
        --end;
    if ((static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80) end = bound;
    return text.substr(0, end);
}

}  // namespace redirector::scan
