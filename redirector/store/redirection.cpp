#include "redirector/store/redirection.hpp"

#include "redirector/store/ids.hpp"

#include <algorithm>
#include <array>
#include <concepts>

namespace redirector::store {
namespace {

struct TypeName {
    std::string_view name, plural;
};
constexpr std::array<TypeName, 4> kTypes{{{"thng", "thngs"},
                                          {"product", "products"},
                                          {"collection", "collections"},
                                          {"place", "places"}}};

constexpr char kVersion = 1;
constexpr std::size_t kTargetAt = 68;

template <std::unsigned_integral T>
void append_little_endian(std::string& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out += static_cast<char>(value >> (8 * i) & 0xff);
}

template <std::unsigned_integral T>
T read_little_endian(std::string_view bytes) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value =
            static_cast<T>(value | static_cast<T>(static_cast<unsigned char>(bytes[i])) << (8 * i));
    }
    return value;
}

// The bytes that a placeholder's brace takes at the start of `text`: 1 for '{', 3 for "%7B" in any
// case, else 0.
std::size_t brace(std::string_view text, char plain, char hex) {
    if (text.starts_with(plain)) return 1;
    if (text.size() >= 3 && text[0] == '%' && text[1] == '7' &&
        (text[2] == hex || text[2] == hex + 32))
        return 3;
    return 0;
}

std::string_view placeholder(const Redirection& redirection,
                             std::string_view short_id,
                             std::string_view name) {
    if (name == "shortId") return short_id;
    if (name == "evrythngId") return redirection.evrythng_id;
    if (name == "thngId" && redirection.type == ResourceType::thng) return redirection.evrythng_id;
    if (name == "productId" && redirection.type == ResourceType::product)
        return redirection.evrythng_id;
    return {};
}

}  // namespace

std::string_view name_of(ResourceType type) {
    return kTypes[static_cast<std::size_t>(type)].name;
}

std::string_view plural_of(ResourceType type) {
    return kTypes[static_cast<std::size_t>(type)].plural;
}

std::optional<ResourceType> resource_type(std::string_view name) {
    for (std::size_t i = 0; i < kTypes.size(); ++i) {
        if (kTypes[i].name == name) return static_cast<ResourceType>(i);
    }
    return std::nullopt;
}

std::string encode(const Redirection& redirection) {
    std::string record;
    record.reserve(kTargetAt + redirection.target.size());
    record += kVersion;
    record += static_cast<char>(redirection.type);
    append_little_endian(record, static_cast<std::uint64_t>(redirection.created_at));
    append_little_endian(record, static_cast<std::uint64_t>(redirection.updated_at));
    record += redirection.account;
    record += redirection.evrythng_id;
    append_little_endian(record, static_cast<std::uint16_t>(redirection.target.size()));
    record += redirection.target;
    return record;
}

std::optional<Redirection> decode_redirection(std::string_view record) {
    if (record.size() <= kTargetAt || record[0] != kVersion) return std::nullopt;
    const auto type = static_cast<unsigned char>(record[1]);
    const auto length = read_little_endian<std::uint16_t>(record.substr(66));
    if (type >= kTypes.size() || record.size() != kTargetAt + length) return std::nullopt;
    Redirection redirection;
    redirection.type = static_cast<ResourceType>(type);
    redirection.created_at =
        static_cast<std::int64_t>(read_little_endian<std::uint64_t>(record.substr(2)));
    redirection.updated_at =
        static_cast<std::int64_t>(read_little_endian<std::uint64_t>(record.substr(10)));
    redirection.account = record.substr(18, kResourceIdLength);
    redirection.evrythng_id = record.substr(42, kResourceIdLength);
    redirection.target = record.substr(kTargetAt);
    return redirection;
}

std::string resolve_target(const Redirection& redirection, std::string_view short_id) {
    std::string url;
    std::string_view rest = redirection.target;
    while (!rest.empty()) {
        const std::size_t open = brace(rest, '{', 'B');
        std::size_t end = open;
        while (open > 0 && end < rest.size() && brace(rest.substr(end), '}', 'D') == 0)
            ++end;
        if (open == 0 || end == rest.size()) {
            url += rest.front();
            rest.remove_prefix(1);
            continue;
        }
        url += placeholder(redirection, short_id, rest.substr(open, end - open));
        rest.remove_prefix(end + brace(rest.substr(end), '}', 'D'));
    }
    return url;
}

EntryPtr CachedRedirection::make(const Redirection& redirection, std::string_view short_id) {
    const std::string target = resolve_target(redirection, short_id);
    return EntryPtr(new (TextLength{2 * kIdLength + target.size()})
                        CachedRedirection(redirection, target));
}

CachedRedirection::CachedRedirection(const Redirection& redirection, std::string_view target)
    : target_length_(static_cast<std::uint32_t>(target.size())), type_(redirection.type) {
    char* end = reinterpret_cast<char*>(this + 1);
    end = std::ranges::copy(redirection.account, end).out;
    end = std::ranges::copy(redirection.evrythng_id, end).out;
    std::ranges::copy(target, end);
}

}  // namespace redirector::store
