// A redirection: what a short ID stands for, and its record in Redis, byte by byte.
//
// Record, all integers little-endian:
//   offset  bytes  what
//   0       1      version, 1
//   1       1      resource type: 0 thng, 1 product, 2 collection, 3 place
//   2       8      createdAt, milliseconds since the epoch, UTC
//   10      8      updatedAt, the same
//   18      24     account ID
//   42      24     evrythngId: the ID of the resource
//   66      2      n: bytes of the target template (1..2048)
//   68      n      the template as the operator wrote it
// Example: a product's redirection to "https://a.example/" is 01 01, 2 x 8 bytes of time, 48 bytes
// of IDs, 12 00, 18 bytes. A reader refuses a version it does not know and a record of any other
// length.
//
// Threads: plain values.
// Source:  reference/001 "RedirectionDocument"; contract 3.
#pragma once

#include "redirector/store/cache_entry.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redirector::store {

enum class ResourceType : std::uint8_t { thng, product, collection, place };

inline constexpr std::size_t kMaxTargetTemplate = 2048;  // bytes

std::string_view name_of(ResourceType type);    // "thng"
std::string_view plural_of(ResourceType type);  // "thngs", as in API paths
std::optional<ResourceType> resource_type(std::string_view name);

struct Redirection {
    ResourceType type = ResourceType::thng;
    std::int64_t created_at = 0;  // milliseconds since the epoch, UTC
    std::int64_t updated_at = 0;
    std::string account;
    std::string evrythng_id;
    std::string target;  // template, may hold {evrythngId}, {thngId}, {productId}, {shortId}
};

std::string encode(const Redirection& redirection);

// nullopt if `record` is not what encode() writes.
std::optional<Redirection> decode_redirection(std::string_view record);

// The target with its placeholders filled in, {x} and %7Bx%7D alike. A placeholder without a value
// (a place has no thngId) becomes empty. Values are IDs, which need no encoding in a URL.
std::string resolve_target(const Redirection& redirection, std::string_view short_id);

// What a node keeps in memory of a redirection: all that answering and recording a scan needs. One block of memory, the
// texts behind the object, since millions of these are kept.
class CachedRedirection final : public CacheEntry {
  public:
    static EntryPtr make(const Redirection& redirection, std::string_view short_id);

    ResourceType type() const { return type_; }
    std::string_view account() const { return {text(), kIdLength}; }
    std::string_view evrythng_id() const { return {text() + kIdLength, kIdLength}; }
    std::string_view target() const {
        return {text() + 2 * kIdLength, target_length_};
    }  // resolved

    std::size_t bytes() const noexcept override {
        return heap_bytes(sizeof(*this) + 2 * kIdLength + target_length_);
    }

    static void operator delete(void* block) { ::operator delete(block); }

  private:
    static constexpr std::size_t kIdLength = 24;

    CachedRedirection(const Redirection& redirection, std::string_view target);
    // Room behind the object, in bytes.
    struct TextLength {
        std::size_t bytes;
    };
    static void* operator new(std::size_t size, TextLength text) {
        return ::operator new(size + text.bytes);
    }
    static void operator delete(void* block, TextLength /*text*/) { ::operator delete(block); }

    const char* text() const { return reinterpret_cast<const char*>(this + 1); }

    std::uint32_t target_length_;
    ResourceType type_;
};

}  // namespace redirector::store
