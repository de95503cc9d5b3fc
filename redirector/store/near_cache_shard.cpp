#include "redirector/store/near_cache_shard.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>

namespace redirector::store {

using Place = CacheNode::Place;

namespace {

// One bucket and one ghost slot per this many bytes of capacity: about one redirection.
constexpr std::size_t kBytesPerBucket = 256;

// No more nodes than this, so that keys known to be absent, which are nodes and nothing else,
// cannot take all room for good: blocks of nodes are never given back.
constexpr std::size_t kBytesPerNode = 128;

}  // namespace

NearCache::Memory::Memory(std::size_t capacity_bytes, unsigned shards)
    : buckets(std::bit_floor(
          std::clamp<std::size_t>(capacity_bytes / shards / kBytesPerBucket, 16, 1U << 28))),
      nodes(std::max<std::size_t>(capacity_bytes / shards / kBytesPerNode, 16)),
      table(shards * buckets * sizeof(Bucket)),
      pool(shards * (nodes / CacheNodes::kBlock + 1)) {
    std::uninitialized_value_construct_n(static_cast<Bucket*>(table.data()), shards * buckets);
}

std::span<NearCache::Memory::Bucket> NearCache::Memory::buckets_of(unsigned shard) const noexcept {
    return {static_cast<Bucket*>(table.data()) + shard * buckets, buckets};
}

NearCache::Shard::Shard(Epochs& epochs, Memory& memory, unsigned number, std::size_t capacity_bytes)
    : epochs_(epochs), buckets_(memory.buckets_of(number)), pool_(memory.pool, memory.nodes) {
    ghosts_.slots.resize(buckets_.size());
    table_bytes_ = buckets_.size() * (sizeof buckets_[0] + sizeof ghosts_.slots[0]) + sizeof *this;
    capacity_ = capacity_bytes - std::min(capacity_bytes, table_bytes_);
    small_capacity_ = capacity_ / 10;
}

NearCache::Shard::~Shard() = default;

bool NearCache::Shard::publish(const Ticket& ticket, std::string_view key, EntryPtr entry) {
    Dead dead;
    const std::size_t bytes = CacheNode::key_bytes(key.size()) + (entry ? entry->bytes() : 0);
    const std::lock_guard lock(mutex_);
    // An entry that would push out half of the shard is not worth keeping.
    const bool too_large = key.size() > kMaxKey || bytes > capacity_ / 2 || bytes > UINT32_MAX;
    if (too_large || stripe(ticket.hash).load() != ticket.epoch) return refuse();

    const Number number = take_node(dead);
    if (number == CacheNode::kNone) return refuse();
    CacheNode& node = pool_.at(number);
    node.hash = static_cast<std::uint32_t>(ticket.hash);
    const Number old = look_up(node.hash, key);
    if (old != CacheNode::kNone && pool_.at(old).generation > ticket.generation) {
        pool_.give(number);
        return refuse();
    }
    node.set_key(key);
    node.entry = entry.detach();
    node.generation = ticket.generation;
    node.bytes = static_cast<std::uint32_t>(bytes);
    if (old != CacheNode::kNone) {
        replace(old, number);
    } else {
        node.place = ghosts_.holds(node.hash, main_.count) ? Place::main : Place::small;
        node.hits.store(0, std::memory_order_relaxed);
        link(number);
    }
    while (bytes_held() > capacity_)
        evict();
    reclaim(dead);
    return true;
}

bool NearCache::Shard::refuse() noexcept {
    ++counters_.refused;
    return false;
}

void NearCache::Shard::invalidate(std::uint64_t hash, std::string_view key) {
    Dead dead;
    const std::lock_guard lock(mutex_);
    stripe(hash).fetch_add(1);
    ++counters_.invalidations;
    const Number number = look_up(static_cast<std::uint32_t>(hash), key);
    if (number != CacheNode::kNone) {
        // That a key was absent helps nobody once it may be there.
        pool_.at(number).entry != nullptr ? supersede(number) : drop(number);
    }
    reclaim(dead);
}

void NearCache::Shard::forget_superseded() {
    Dead dead;
    const std::lock_guard lock(mutex_);
    while (aged_ != CacheNode::kNone)
        drop(superseded_.oldest);
    aged_ = superseded_.newest;
    reclaim(dead);
}

NearCache::Shard::Counters NearCache::Shard::counters() const {
    const std::lock_guard lock(mutex_);
    Counters counters = counters_;
    counters.entries = small_.count + main_.count;
    counters.bytes = table_bytes_ + bytes_held();
    return counters;
}

std::size_t NearCache::Shard::bytes_held() const noexcept {
    const std::size_t nodes = (small_.count + main_.count + superseded_.count) * sizeof(CacheNode);
    return pool_.bytes() + small_.bytes + main_.bytes + superseded_.bytes - nodes;
}

// None if readers still hold on to all that could be freed: evicting more would not help them go.
CacheNode::Number NearCache::Shard::take_node(Dead& dead) {
    Number number = pool_.take();
    if (number != CacheNode::kNone) return number;
    reclaim(dead);
    number = pool_.take();
    if (number != CacheNode::kNone || !retired_.empty()) return number;
    while (retired_.empty())
        evict();
    reclaim(dead);
    return pool_.take();
}

NearCache::Shard::Queue& NearCache::Shard::queue_of(const CacheNode& node) noexcept {
    switch (node.place.load(std::memory_order_relaxed)) {
        case Place::small:
            return small_;
        case Place::main:
            return main_;
        case Place::superseded:
            break;
    }
    return superseded_;
}

// The new node is linked in before the old one is taken out, so that readers never miss the key.
void NearCache::Shard::replace(Number old, Number number) {
    const CacheNode& before = pool_.at(old);
    CacheNode& node = pool_.at(number);
    // Whoever was read again after a change is popular enough for another round.
    node.place = before.place == Place::small ? Place::small : Place::main;
    node.hits.store(before.hits.load(std::memory_order_relaxed), std::memory_order_relaxed);
    link(number);
    drop(old);
}

void NearCache::Shard::link(Number number) noexcept {
    CacheNode& node = pool_.at(number);
    Memory::Bucket& head = bucket(node.hash);
    node.next.store(head.load());
    head.store(number);
    push(queue_of(node), number);
}

// The node keeps its own `next`, so a reader that stands on it finds its way on.
void NearCache::Shard::unlink(Number number) noexcept {
    CacheNode& node = pool_.at(number);
    Memory::Bucket* link = &bucket(node.hash);
    while (link->load() != number)
        link = &pool_.at(link->load()).next;
    link->store(node.next.load());
    if (number == aged_) aged_ = node.older;
    remove(queue_of(node), number);
}

// Its age counts from its first change.
void NearCache::Shard::supersede(Number number) noexcept {
    CacheNode& node = pool_.at(number);
    if (node.place == Place::superseded) return;
    remove(queue_of(node), number);
    node.place = Place::superseded;
    push(superseded_, number);
}

void NearCache::Shard::drop(Number number) {
    unlink(number);
    retire(number);
}

void NearCache::Shard::evict() {
    if (superseded_.count > 0) return drop(superseded_.oldest);
    if (small_.bytes > small_capacity_ || main_.count == 0) {
        evict_from_small();
    } else {
        evict_from_main();
    }
}

// Asked for more than once since it came: worth keeping. Else remembered only by its hash.
void NearCache::Shard::evict_from_small() {
    const Number number = small_.oldest;
    CacheNode& node = pool_.at(number);
    if (node.hits.load(std::memory_order_relaxed) > 1) {
        remove(small_, number);
        node.place = Place::main;
        node.hits.store(0, std::memory_order_relaxed);
        push(main_, number);
        return;
    }
    ghosts_.add(node.hash);
    ++counters_.evictions;
    drop(number);
}

// Each hit buys one more round.
void NearCache::Shard::evict_from_main() {
    const Number number = main_.oldest;
    CacheNode& node = pool_.at(number);
    const std::uint8_t hits = node.hits.load(std::memory_order_relaxed);
    if (hits > 0) {
        node.hits.store(hits - 1, std::memory_order_relaxed);
        remove(main_, number);
        push(main_, number);
        return;
    }
    ++counters_.evictions;
    drop(number);
}

void NearCache::Shard::retire(Number number) {
    retired_.push_back({number, epochs_.retire()});
}

void NearCache::Shard::reclaim(Dead& dead) {
    if (retired_.empty()) return;
    const std::uint64_t safe = epochs_.safe();
    while (!retired_.empty() && retired_.front().stamp <= safe) {
        const Number number = retired_.front().number;
        CacheNode& node = pool_.at(number);
        dead.emplace_back(std::exchange(node.entry, nullptr), false);  // its share passes on
        node.clear();
        pool_.give(number);
        retired_.pop_front();
    }
}

void NearCache::Shard::push(Queue& queue, Number number) noexcept {
    CacheNode& node = pool_.at(number);
    node.newer = CacheNode::kNone;
    node.older = queue.newest;
    (queue.newest != CacheNode::kNone ? pool_.at(queue.newest).newer : queue.oldest) = number;
    queue.newest = number;
    queue.bytes += sizeof(CacheNode) + node.bytes;
    ++queue.count;
}

void NearCache::Shard::remove(Queue& queue, Number number) noexcept {
    const CacheNode& node = pool_.at(number);
    (node.newer != CacheNode::kNone ? pool_.at(node.newer).older : queue.newest) = node.older;
    (node.older != CacheNode::kNone ? pool_.at(node.older).newer : queue.oldest) = node.newer;
    queue.bytes -= sizeof(CacheNode) + node.bytes;
    --queue.count;
}

void NearCache::Shard::Ghosts::add(std::uint32_t hash) noexcept {
    slots[hash & (slots.size() - 1)] = (std::uint64_t{hash} << 32) | ++evictions;
}

bool NearCache::Shard::Ghosts::holds(std::uint32_t hash, std::size_t at_most_ago) const noexcept {
    const std::uint64_t slot = slots[hash & (slots.size() - 1)];
    const std::uint32_t ago = evictions - static_cast<std::uint32_t>(slot);
    return slot != 0 && slot >> 32 == hash && ago <= at_most_ago;
}

}  // namespace redirector::store
