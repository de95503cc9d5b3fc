#include "redirector/scan/stream.hpp"

#include "redirector/scan/partition.hpp"

#include <array>
#include <charconv>

namespace redirector::scan {
namespace {

using Number = unsigned __int128;

constexpr unsigned kIndexBits = 10;
constexpr unsigned kSeqBits = 64;
constexpr unsigned kBucketBits = 4;
constexpr unsigned kMsBits = 48;
constexpr unsigned kBits = kMsBits + kBucketBits + kSeqBits + kIndexBits;
static_assert(1U << kIndexBits == kMaxRecordsPerEntry && 1U << kBucketBits == kBuckets);

constexpr auto kDigitOf = [] {
    std::array<std::int8_t, 256> digits{};
    digits.fill(-1);
    for (std::size_t i = 0; i < kIdAlphabet.size(); ++i)
        digits[static_cast<std::uint8_t>(kIdAlphabet[i])] = static_cast<std::int8_t>(i);
    return digits;
}();

// Takes the lowest `bits` off `number`.
std::uint64_t take(Number& number, unsigned bits) {
    const auto value = static_cast<std::uint64_t>(number & ((Number{1} << bits) - 1));
    number >>= bits;
    return value;
}

bool parse_number(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string to_string(StreamId id) {
    return std::to_string(id.ms) + "-" + std::to_string(id.seq);
}

std::optional<StreamId> parse_stream_id(std::string_view text) {
    const std::size_t dash = text.find('-');
    StreamId id;
    if (dash == text.npos || !parse_number(text.substr(0, dash), id.ms) ||
        !parse_number(text.substr(dash + 1), id.seq))
        return std::nullopt;
    return id;
}

std::string action_id(const Position& position) {
    Number number = position.entry.ms & ((std::uint64_t{1} << kMsBits) - 1);
    number = number << kBucketBits | position.bucket;
    number = number << kSeqBits | position.entry.seq;
    number = number << kIndexBits | position.index;
    std::string id(kIdLength, 'U');
    for (std::size_t at = kIdLength - 1; at > 0; --at) {
        id[at] = kIdAlphabet[static_cast<std::size_t>(number % kIdAlphabet.size())];
        number /= kIdAlphabet.size();
    }
    return id;
}

std::optional<Position> parse_action_id(std::string_view text) {
    if (text.size() != kIdLength || text[0] != 'U') return std::nullopt;
    Number number = 0;
    for (const char c : text.substr(1)) {
        const std::int8_t digit = kDigitOf[static_cast<std::uint8_t>(c)];
        if (digit < 0) return std::nullopt;
        // 23 digits hold 129.8 bits, so the last step may leave 128.
        if (number > (~Number{0} - static_cast<Number>(digit)) / kIdAlphabet.size())
            return std::nullopt;
        number = number * kIdAlphabet.size() + static_cast<Number>(digit);
    }
    if (number >> kBits != 0) return std::nullopt;
    Position position;
    position.index = static_cast<unsigned>(take(number, kIndexBits));
    position.entry.seq = take(number, kSeqBits);
    position.bucket = static_cast<unsigned>(take(number, kBucketBits));
    position.entry.ms = take(number, kMsBits);
    return position;
}

void pack(std::string& entry, std::span<const std::uint8_t> record) {
    std::size_t rest = record.size();
    for (; rest >= 0x80; rest >>= 7)
        entry += static_cast<char>(rest | 0x80);
    entry += static_cast<char>(rest);
    entry.append(reinterpret_cast<const char*>(record.data()), record.size());
}

std::optional<std::vector<std::span<const std::uint8_t>>> unpack(std::string_view entry) {
    std::vector<std::span<const std::uint8_t>> records;
    while (!entry.empty()) {
        std::size_t size = 0;
        std::size_t bytes = 0;
        bool more = true;
        for (; more && bytes < 3 && bytes < entry.size(); ++bytes) {
            const auto byte = static_cast<std::uint8_t>(entry[bytes]);
            size |= std::size_t{byte & 0x7fU} << (7 * bytes);
            more = (byte & 0x80) != 0;
        }
        if (more || size > entry.size() - bytes || records.size() == kMaxRecordsPerEntry)
            return std::nullopt;
        const auto* data = reinterpret_cast<const std::uint8_t*>(entry.data() + bytes);
        records.push_back({data, size});
        entry.remove_prefix(bytes + size);
    }
    return records;
}

}  // namespace redirector::scan
