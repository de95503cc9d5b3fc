// The near cache's nodes: slots of one size, named by 32-bit numbers instead of pointers.
// Shape:   one array for all shards, of which each takes blocks of 64 slots as it needs them and
//          keeps them; freed slots are used again first. A number takes half of a pointer's room, a
//          slot has no allocator's header: 24 bytes less per entry than nodes on the heap.
// Threads: at() by any thread for a number that it was given; take_block() by any thread; a pool's
//          take() and give() under its shard's mutex.
#pragma once

#include "redirector/store/cache_entry.hpp"
#include "redirector/store/huge_pages.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace redirector::store {

// One key of the cache. Immutable while readers can see it, but for `next`, `hits` and `place`.
struct CacheNode {
    using Number = std::uint32_t;

    // Which queue it is in. Superseded: its key has changed since, and has not been read again.
    enum class Place : std::uint8_t { small, main, superseded };

    static constexpr Number kNone = 0;
    static constexpr std::uint8_t kMaxHits = 3;

    std::atomic<Number> next{kNone};    // in the bucket's chain
    Number newer = kNone;               // in its queue
    Number older = kNone;               // in its queue, or in the pool's list of free slots
    std::uint32_t hash = 0;             // the lower half; the bucket comes from it
    const CacheEntry* entry = nullptr;  // owned; null: the key is known to be absent
    std::uint32_t generation = 0;
    std::uint32_t bytes = 0;  // of the entry, and of a key too long for this node
    std::uint16_t key_size = 0;
    std::atomic<std::uint8_t> hits{0};  // since insertion or the last round, at most kMaxHits
    std::atomic<Place> place{Place::small};

    std::string_view key() const noexcept {
        return {key_size <= sizeof key_ ? key_ : long_key(), key_size};
    }
    // What a key takes from the heap.
    static std::size_t key_bytes(std::size_t size) noexcept;

    void set_key(std::string_view key);
    void clear() noexcept;  // gives up entry and key

    void touch() noexcept {
        const std::uint8_t seen = hits.load(std::memory_order_relaxed);
        if (seen < kMaxHits) hits.store(seen + 1, std::memory_order_relaxed);
    }

  private:
    const char* long_key() const noexcept;

    char key_[20];  // the key, or if it is longer the address of its copy
};
static_assert(sizeof(CacheNode) == 56);

class CacheNodes {
  public:
    using Number = CacheNode::Number;

    static constexpr Number kBlock = 64;

    explicit CacheNodes(std::size_t blocks);  // at most
    ~CacheNodes();                            // clears every node

    CacheNode& at(Number number) const noexcept { return slots()[number]; }

    // The first number of a block of empty slots; kNone when all are taken.
    Number take_block() noexcept;

  private:
    CacheNode* slots() const noexcept { return static_cast<CacheNode*>(memory_.data()); }

    std::size_t end_;
    HugePages memory_;
    std::atomic<std::size_t> used_{kBlock};  // the first block stays empty: 0 means "none"
};

// One shard's.
class CacheNodePool {
  public:
    using Number = CacheNode::Number;

    CacheNodePool(CacheNodes& nodes, std::size_t most) : nodes_(nodes), most_(most) {}

    CacheNode& at(Number number) const noexcept { return nodes_.at(number); }

    Number take();                      // kNone when all are taken
    void give(Number number) noexcept;  // a node that was cleared

    // Blocks count whole, taken or not.
    std::size_t bytes() const noexcept {
        constexpr std::size_t kBlock = CacheNodes::kBlock;
        return (taken_ + kBlock - 1) / kBlock * kBlock * sizeof(CacheNode);
    }

  private:
    CacheNodes& nodes_;
    std::size_t most_;
    std::size_t taken_ = 0;            // slots that were ever taken
    Number fresh_ = CacheNode::kNone;  // the next one, where the last block has one left
    Number free_ = CacheNode::kNone;
};

}  // namespace redirector::store
