#include "redirector/unknown_ids.hpp"

#include "redirector/config.hpp"
#include "redirector/facts/address.hpp"
#include "redirector/facts/proxy.hpp"
#include "redirector/metrics.hpp"
#include "redirector/pages.hpp"
#include "redirector/reply.hpp"
#include "redirector/services.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

namespace redirector {
namespace {

constexpr std::size_t kIpv6PrefixBytes = 7;  // a /56
constexpr std::uint64_t kTimeBits = 40;
constexpr std::uint64_t kTimeMask = (1ULL << kTimeBits) - 1;
constexpr std::uint64_t kMinute = 60'000;

std::uint64_t mix(std::uint64_t value) {
    // The finalizer of SplitMix64.
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

std::uint64_t hash_of(IpAddress client, std::uint64_t key) {
    if (!facts::is_ipv4(client)) std::fill(client.begin() + kIpv6PrefixBytes, client.end(), 0);
    std::array<std::uint64_t, 2> halves{};
    static_assert(sizeof halves == sizeof client);
    std::memcpy(halves.data(), client.data(), sizeof halves);
    return mix(mix(halves[0] ^ key) ^ halves[1]);
}

std::uint64_t random_key() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

UnknownIdLimit::UnknownIdLimit(std::uint32_t per_minute)
    : per_minute_(per_minute), key_(random_key()), sets_(per_minute == 0 ? 0 : kSets) {}

// The client's entry, else the one whose client waits least; `seen` is what it holds.
UnknownIdLimit::Entry& UnknownIdLimit::find(std::uint64_t hash, std::uint64_t& seen) {
    auto& set = sets_[hash % kSets];
    Entry* least = nullptr;
    for (Entry& entry : set) {
        const std::uint64_t value = entry.load(std::memory_order_relaxed);
        if (value >> kTimeBits == hash >> kTimeBits) {
            seen = value;
            return entry;
        }
        if (least == nullptr || (value & kTimeMask) < (seen & kTimeMask)) {
            least = &entry;
            seen = value;
        }
    }
    return *least;
}

std::optional<std::chrono::seconds> UnknownIdLimit::count(const IpAddress& client,
                                                          Clock::time_point now) {
    if (per_minute_ == 0) return std::nullopt;
    using std::chrono::milliseconds;
    const auto since = std::chrono::duration_cast<milliseconds>(now - start_).count();
    const auto now_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(since, 0));
    const std::uint64_t interval = std::max<std::uint64_t>(kMinute / per_minute_, 1);
    const std::uint64_t hash = hash_of(client, key_);
    for (;;) {
        std::uint64_t seen = 0;
        Entry& entry = find(hash, seen);
        const bool known = seen >> kTimeBits == hash >> kTimeBits;
        const std::uint64_t expected = known ? std::max(seen & kTimeMask, now_ms) : now_ms;
        const std::uint64_t next = expected + interval;
        if (next > now_ms + kMinute)
            return std::chrono::ceil<std::chrono::seconds>(milliseconds(next - now_ms - kMinute));
        const std::uint64_t value = (hash & ~kTimeMask) | (next & kTimeMask);
        if (entry.compare_exchange_weak(seen, value, std::memory_order_relaxed))
            return std::nullopt;
    }
}

bool too_many_unknown(const Request& request, Services& services, Reply& reply) {
    const IpAddress client = facts::client_address(request, services.config.trust_proxy);
    const auto wait = services.unknown_ids.count(client, UnknownIdLimit::Clock::now());
    if (!wait) return false;
    reply.clear();
    reply.add("Retry-After", std::to_string(wait->count()));
    return true;
}

Outcome refuse_unknown(const Request& request, Services& services, Reply& reply) {
    if (too_many_unknown(request, services, reply)) {
        pages::refuse(request, 429, "Nothing is behind this short URL, nor the ones before it",
                      reply);
        return Outcome::limited;
    }
    pages::refuse(request, 404, "Nothing is behind this short URL", reply);
    return Outcome::not_found;
}

}  // namespace redirector
