#include "redirector/scan/statistics.hpp"

namespace redirector::scan {
namespace {

// Beyond these a value was not made here.
constexpr std::size_t kMaxCounts = 24 + 16 + 2 * (kMaxNames + 1);
constexpr std::size_t kMaxName = 64;

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out += static_cast<char>(value >> shift);
}

void append_number(std::string& out, std::uint64_t value) {
    if (value < 0x80) {
        out += static_cast<char>(value);
    } else if (value <= 0xffff) {
        append_big_endian(out += '\xcd', value, 2);
    } else if (value <= 0xffffffff) {
        append_big_endian(out += '\xce', value, 4);
    } else {
        append_big_endian(out += '\xcf', value, 8);
    }
}

// Reads MessagePack from the front of `rest`; false where it is cut or of another type.
class Unpacker {
  public:
    explicit Unpacker(std::string_view rest) : rest_(rest) {}

    bool map(std::uint64_t& size) {
        std::uint8_t type = 0;
        if (!byte(type)) return false;
        size = type & 0x0fU;
        return (type & 0xf0U) == 0x80U || (type == 0xde && big_endian(size, 2));
    }
    bool text(std::string& text) {
        std::uint8_t type = 0;
        if (!byte(type)) return false;
        std::uint64_t size = type & 0x1fU;
        const bool known = (type & 0xe0U) == 0xa0U || (type == 0xd9 && big_endian(size, 1)) ||
                           (type == 0xda && big_endian(size, 2));
        if (!known || size > rest_.size() || size > kMaxName) return false;
        text = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
    }
    bool number(std::uint64_t& number) {
        std::uint8_t type = 0;
        if (!byte(type)) return false;
        number = type;
        if (type < 0x80) return true;
        // Unsigned and, of positive value, signed: 1, 2, 4 or 8 bytes.
        const bool known = (type >= 0xcc && type <= 0xcf) || (type >= 0xd0 && type <= 0xd3);
        return known && big_endian(number, 1 << (type & 3U));
    }
    bool at_end() const { return rest_.empty(); }

  private:
    bool byte(std::uint8_t& byte) {
        if (rest_.empty()) return false;
        byte = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return true;
    }
    bool big_endian(std::uint64_t& value, int bytes) {
        value = 0;
        std::uint8_t next = 0;
        for (int i = 0; i < bytes; ++i) {
            if (!byte(next)) return false;
            value = value << 8 | next;
        }
        return true;
    }

    std::string_view rest_;
};

}  // namespace

std::string statistics_key(const Partition& partition, std::uint64_t day) {
    return partition_key("k:", partition).append(":").append(std::to_string(day));
}

std::string rule_name(const Scan& scan) {
    if (scan.reaction_level == ReactionLevel::fallback) return "default";
    const std::string number = std::to_string(scan.rule);
    if (scan.reaction_level == ReactionLevel::account) return number;
    return std::string(scan.application).append(".").append(number);
}

void append_counts_head(std::string& out, std::size_t names) {
    if (names < 16) {
        out += static_cast<char>(0x80 | names);
    } else {
        append_big_endian(out += '\xde', names, 2);
    }
}

void append_count(std::string& out, std::string_view name, std::uint64_t hits) {
    if (name.size() < 32) {
        out += static_cast<char>(0xa0 | name.size());
    } else {
        append_big_endian(out += '\xd9', name.size(), 1);
    }
    out += name;
    append_number(out, hits);
}

std::optional<Counts> unpack_counts(std::string_view packed) {
    Unpacker unpacker(packed);
    std::uint64_t size = 0;
    if (!unpacker.map(size) || size > kMaxCounts) return std::nullopt;
    Counts counts(size);
    for (auto& [name, count] : counts)
        if (!unpacker.text(name) || !unpacker.number(count)) return std::nullopt;
    if (!unpacker.at_end()) return std::nullopt;
    return counts;
}

}  // namespace redirector::scan
