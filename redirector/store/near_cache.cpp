#include "redirector/store/near_cache.hpp"

#include "redirector/store/near_cache_shard.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <random>

namespace redirector::store {
namespace {

// A generation that ended within this time of the one before shares its record, with the earlier
// end: the stale bound is that much stricter at worst, and the records stay few however often
// tracking fails.
constexpr std::chrono::seconds kSameEnd{60};

std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

NearCache::NearCache(NearCacheOptions options)
    : options_(options), verified_(Clock::now().time_since_epoch().count()) {
    assert(std::has_single_bit(options_.shards));
    std::random_device random;
    seed_ = (std::uint64_t{random()} << 32) | random();
    memory_ = std::make_unique<Memory>(options_.capacity_bytes, options_.shards);
    shards_.reserve(options_.shards);
    for (unsigned i = 0; i < options_.shards; ++i) {
        shards_.push_back(std::make_unique<Shard>(epochs_, *memory_, i,
                                                  options_.capacity_bytes / options_.shards));
    }
}

NearCache::~NearCache() = default;

// Keys come from the public, so the hash is keyed: nobody outside can aim at one bucket.
std::uint64_t NearCache::hash(std::string_view key) const noexcept {
    constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15;
    constexpr std::uint64_t kSecond = 0xd6e8feb86659fd93;
    std::uint64_t state = seed_ ^ (key.size() * kSecond);
    while (!key.empty()) {
        std::uint64_t block = 0;
        const std::size_t size = std::min(key.size(), sizeof block);
        std::memcpy(&block, key.data(), size);
        state = folded_product(state ^ block, kFirst ^ seed_);
        key.remove_prefix(size);
    }
    return folded_product(state ^ kSecond, kFirst);
}

// By bits that are above those of a bucket.
NearCache::Shard& NearCache::shard(std::uint64_t hash) const noexcept {
    return *shards_[(hash >> 28) & (shards_.size() - 1)];
}

NearCache::Trust NearCache::trust(std::uint32_t generation, TimePoint now) const noexcept {
    if (generation != generation_.load()) {
        return generation >= oldest_served_.load() ? Trust::suspect : Trust::expired;
    }
    const Clock::rep heard = heard_.load();
    if (heard != kNever && now - TimePoint(Clock::duration(heard)) <= options_.heartbeat_bound) {
        return Trust::fresh;
    }
    const TimePoint verified(Clock::duration(verified_.load()));
    return now - verified <= options_.stale_bound ? Trust::suspect : Trust::expired;
}

NearCache::Found NearCache::Guard::find(std::string_view key, TimePoint now) noexcept {
    NearCache& cache = reader_.cache_;
    const std::uint64_t hash = cache.hash(key);
    CacheNode* node = cache.shard(hash).find(hash, key);
    const bool superseded = node != nullptr && node->place == CacheNode::Place::superseded;
    if (node == nullptr || superseded) {
        reader_.misses_.add();
        Found miss;
        const bool servable = superseded && cache.trust(node->generation, now) != Trust::expired;
        if (servable) miss.superseded = node->entry;
        return miss;
    }
    node->touch();
    (node->entry != nullptr ? reader_.hits_ : reader_.negative_hits_).add();
    return {node->entry != nullptr ? Presence::present : Presence::absent,
            cache.trust(node->generation, now), node->entry};
}

void NearCache::Prefetch::add(std::string_view key) noexcept {
    if (size_ == kMost) return;
    const std::uint64_t hash = cache_.hash(key);
    cache_.shard(hash).prefetch_bucket(hash);
    hashes_[size_++] = hash;
}

void NearCache::Prefetch::finish() noexcept {
    const std::span<const std::uint64_t> hashes(hashes_.data(), size_);
    for (const std::uint64_t hash : hashes)
        cache_.shard(hash).prefetch_node(hash);
    for (const std::uint64_t hash : hashes)
        cache_.shard(hash).prefetch_entry(hash);
}

NearCache::Ticket NearCache::begin_fetch(std::string_view key) const noexcept {
    const std::uint64_t h = hash(key);
    return {h, shard(h).epoch(h), generation_.load()};
}

bool NearCache::current(const Ticket& ticket) const noexcept {
    return ticket.generation == generation_.load() &&
           ticket.epoch == shard(ticket.hash).epoch(ticket.hash);
}

bool NearCache::publish(const Ticket& ticket, std::string_view key, EntryPtr entry) {
    return shard(ticket.hash).publish(ticket, key, std::move(entry));
}

void NearCache::invalidate(std::string_view key) {
    const std::uint64_t h = hash(key);
    shard(h).invalidate(h, key);
}

// The heartbeat goes first: whoever sees the new generation sees that nothing in it is proven yet.
void NearCache::distrust(TimePoint now) {
    const std::lock_guard lock(coherence_mutex_);
    heard_.store(kNever);
    const std::uint32_t ended = generation_.load();
    const TimePoint coherent_until = std::min(now, TimePoint(Clock::duration(verified_.load())));
    if (!ended_.empty() && coherent_until - ended_.back().second < kSameEnd) {
        ended_.back().first = ended;
    } else {
        ended_.emplace_back(ended, coherent_until);
    }
    verified_.store(now.time_since_epoch().count());
    generation_.store(ended + 1);
    distrusts_.fetch_add(1, std::memory_order_relaxed);
}

void NearCache::heard(TimePoint written) {
    const std::lock_guard lock(coherence_mutex_);
    const Clock::rep at = written.time_since_epoch().count();
    heard_.store(std::max(heard_.load(), at));
    verified_.store(std::max(verified_.load(), at));
}

void NearCache::advance(TimePoint now) {
    const std::lock_guard lock(coherence_mutex_);
    // Not while Redis is away: what it was about to change is what it lost.
    if (coherent(now) && now - forgot_ >= options_.heartbeat_bound) {
        forgot_ = now;
        for (const auto& shard : shards_)
            shard->forget_superseded();
    }
    while (!ended_.empty() && now - ended_.front().second > options_.stale_bound) {
        oldest_served_.store(ended_.front().first + 1);
        ended_.pop_front();
    }
}

NearCacheCounters NearCache::counters() const {
    NearCacheCounters sum;
    {
        const std::lock_guard lock(readers_mutex_);
        sum = past_;
        for (const Reader* reader : readers_)
            reader->add_to(sum);
    }
    for (const auto& shard : shards_) {
        const Shard::Counters part = shard->counters();
        sum.evictions += part.evictions;
        sum.invalidations += part.invalidations;
        sum.refused_publishes += part.refused;
        sum.entries += part.entries;
        sum.bytes += part.bytes;
    }
    sum.distrusts = distrusts_.load(std::memory_order_relaxed);
    return sum;
}

NearCache::Reader::Reader(NearCache& cache) : cache_(cache), slot_(cache.epochs_) {
    const std::lock_guard lock(cache_.readers_mutex_);
    cache_.readers_.push_back(this);
}

NearCache::Reader::~Reader() {
    const std::lock_guard lock(cache_.readers_mutex_);
    std::erase(cache_.readers_, this);
    add_to(cache_.past_);
}

void NearCache::Reader::add_to(NearCacheCounters& sum) const noexcept {
    sum.hits += hits_.get();
    sum.negative_hits += negative_hits_.get();
    sum.misses += misses_.get();
    sum.stale_served += stale_served_.get();
}

}  // namespace redirector::store
