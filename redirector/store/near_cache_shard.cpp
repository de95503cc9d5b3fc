#include "redirector/store/near_cache_shard.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

namespace redirector::store {
namespace {

// One bucket and one ghost slot per this many bytes of capacity: about one redirection.
constexpr std::size_t kBytesPerBucket = 256;

// What malloc takes from the heap for a request (glibc: 8 bytes of header, steps of 16, 32 at
// least).
constexpr std::size_t heap_bytes(std::size_t request) {
    return std::max<std::size_t>(32, (request + 8 + 15) & ~std::size_t{15});
}

}  // namespace

NearCache::Shard::Node* NearCache::Shard::Node::make(const Ticket& ticket,
                                                     std::string_view key,
                                                     EntryPtr entry,
                                                     std::size_t bytes) {
    void* memory = ::operator new(sizeof(Node) + key.size());
    Node* node = new (memory) Node;
    std::memcpy(static_cast<void*>(node + 1), key.data(), key.size());
    node->hash = ticket.hash;
    node->generation = ticket.generation;
    node->bytes = static_cast<std::uint32_t>(bytes);
    node->key_size = static_cast<std::uint16_t>(key.size());
    node->entry = entry.detach();
    return node;
}

void NearCache::Shard::Node::destroy(Node* node) noexcept {
    if (node->entry != nullptr) intrusive_ptr_release(node->entry);
    node->~Node();
    ::operator delete(node);
}

NearCache::Shard::Shard(Epochs& epochs, std::size_t capacity_bytes) : epochs_(epochs) {
    const std::size_t buckets =
        std::bit_floor(std::max<std::size_t>(capacity_bytes / kBytesPerBucket, 16));
    buckets_ = std::make_unique<std::atomic<Node*>[]>(buckets);
    bucket_mask_ = buckets - 1;
    ghosts_.slots.resize(buckets);
    table_bytes_ = buckets * (sizeof buckets_[0] + sizeof ghosts_.slots[0]) + sizeof *this;
    capacity_ = capacity_bytes - std::min(capacity_bytes, table_bytes_);
    small_capacity_ = capacity_ / 10;
}

NearCache::Shard::~Shard() {
    for (const Queue& queue : {small_, main_}) {
        for (Node* node = queue.newest; node != nullptr;)
            Node::destroy(std::exchange(node, node->older));
    }
    for (const Retired& retired : retired_)
        Node::destroy(retired.node);
}

NearCache::Shard::Dead::~Dead() {
    for (Node* node : nodes)
        Node::destroy(node);
}

bool NearCache::Shard::publish(const Ticket& ticket, std::string_view key, EntryPtr entry) {
    const std::size_t bytes = heap_bytes(sizeof(Node) + key.size()) + (entry ? entry->bytes() : 0);
    Dead dead;
    const std::lock_guard lock(mutex_);
    Node* old = find(ticket.hash, key);
    const bool overtaken = stripe(ticket.hash).load() != ticket.epoch ||
                           (old != nullptr && old->generation > ticket.generation);
    // An entry that would push out half of the shard is not worth keeping.
    if (overtaken || key.size() > kMaxKey || bytes > capacity_ / 2 || bytes > UINT32_MAX) {
        ++counters_.refused;
        return false;
    }
    Node* node = Node::make(ticket, key, std::move(entry), bytes);
    if (old != nullptr) {
        // Linked in before the old one is taken out, so that readers never miss the key.
        node->in_main = old->in_main;
        node->hits.store(old->hits.load(std::memory_order_relaxed), std::memory_order_relaxed);
        link(node);
        unlink(old);
        retire(old);
    } else {
        node->in_main = ghosts_.holds(ticket.hash, main_.count);
        link(node);
    }
    make_room();
    reclaim(dead);
    return true;
}

void NearCache::Shard::invalidate(std::uint64_t hash, std::string_view key) {
    Dead dead;
    const std::lock_guard lock(mutex_);
    stripe(hash).fetch_add(1);
    ++counters_.invalidations;
    if (Node* node = find(hash, key)) {
        unlink(node);
        retire(node);
    }
    reclaim(dead);
}

NearCache::Shard::Counters NearCache::Shard::counters() const {
    const std::lock_guard lock(mutex_);
    Counters counters = counters_;
    counters.entries = small_.count + main_.count;
    counters.bytes = table_bytes_ + bytes_held();
    return counters;
}

void NearCache::Shard::link(Node* node) noexcept {
    std::atomic<Node*>& head = buckets_[node->hash & bucket_mask_];
    node->next.store(head.load());
    head.store(node);
    queue_of(node).push(node);
}

// The node keeps its own `next`, so a reader that stands on it finds its way on.
void NearCache::Shard::unlink(Node* node) noexcept {
    std::atomic<Node*>* link = &buckets_[node->hash & bucket_mask_];
    while (link->load() != node)
        link = &link->load()->next;
    link->store(node->next.load());
    queue_of(node).remove(node);
}

void NearCache::Shard::make_room() {
    while (bytes_held() > capacity_) {
        if (small_.bytes > small_capacity_ || main_.count == 0) {
            evict_from_small();
        } else {
            evict_from_main();
        }
    }
}

// Asked for more than once since it came: worth keeping. Else remembered only by its fingerprint.
void NearCache::Shard::evict_from_small() {
    Node* node = small_.oldest;
    if (node->hits.load(std::memory_order_relaxed) > 1) {
        small_.remove(node);
        node->in_main = true;
        node->hits.store(0, std::memory_order_relaxed);
        main_.push(node);
        return;
    }
    ghosts_.add(node->hash);
    ++counters_.evictions;
    unlink(node);
    retire(node);
}

// Each hit buys one more round.
void NearCache::Shard::evict_from_main() {
    Node* node = main_.oldest;
    const std::uint8_t hits = node->hits.load(std::memory_order_relaxed);
    if (hits > 0) {
        node->hits.store(hits - 1, std::memory_order_relaxed);
        main_.remove(node);
        main_.push(node);
        return;
    }
    ++counters_.evictions;
    unlink(node);
    retire(node);
}

void NearCache::Shard::retire(Node* node) {
    retired_.push_back({node, epochs_.retire()});
}

void NearCache::Shard::reclaim(Dead& dead) {
    if (retired_.empty()) return;
    const std::uint64_t safe = epochs_.safe();
    while (!retired_.empty() && retired_.front().stamp <= safe) {
        dead.nodes.push_back(retired_.front().node);
        retired_.pop_front();
    }
}

void NearCache::Shard::Queue::push(Node* node) noexcept {
    node->newer = nullptr;
    node->older = newest;
    (newest != nullptr ? newest->newer : oldest) = node;
    newest = node;
    bytes += node->bytes;
    ++count;
}

void NearCache::Shard::Queue::remove(Node* node) noexcept {
    (node->newer != nullptr ? node->newer->older : newest) = node->older;
    (node->older != nullptr ? node->older->newer : oldest) = node->newer;
    bytes -= node->bytes;
    --count;
}

void NearCache::Shard::Ghosts::add(std::uint64_t hash) noexcept {
    slots[hash & (slots.size() - 1)] = (hash & ~std::uint64_t{UINT32_MAX}) | ++evictions;
}

bool NearCache::Shard::Ghosts::holds(std::uint64_t hash, std::size_t at_most_ago) const noexcept {
    const std::uint64_t slot = slots[hash & (slots.size() - 1)];
    const std::uint32_t ago = evictions - static_cast<std::uint32_t>(slot);
    return slot != 0 && slot >> 32 == hash >> 32 && ago <= at_most_ago;
}

}  // namespace redirector::store
