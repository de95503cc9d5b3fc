// The near cache's nodes: slots of one size, named by 32-bit numbers instead of pointers.
// Shape:   blocks of 64 slots, made as they are needed and kept; freed slots are used again first.
//          A number takes half of a pointer's room, a slot has no allocator's header: 24 bytes less
//          per entry than nodes on the heap.
// Threads: at() by any thread for a number that it was given; the rest under the shard's mutex.
#pragma once

#include "redirector/store/cache_entry.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace redirector::store {

// One key of the cache. Immutable while readers can see it, but for `next` and `hits`.
struct CacheNode {
    using Number = std::uint32_t;
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
    bool in_main = false;

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

class CacheNodePool {
  public:
    using Number = CacheNode::Number;

    explicit CacheNodePool(std::size_t most);  // slots, at most
    ~CacheNodePool();                          // clears every node

    CacheNode& at(Number number) const noexcept {
        return blocks_[number / kBlock].load(std::memory_order_relaxed)[number % kBlock];
    }

    Number take();                      // kNone when all are taken
    void give(Number number) noexcept;  // a node that was cleared

    std::size_t bytes() const noexcept { return owned_.size() * kBlock * sizeof(CacheNode); }

  private:
    static constexpr std::size_t kBlock = 64;

    std::size_t most_;
    std::unique_ptr<std::atomic<CacheNode*>[]> blocks_;
    std::vector<std::unique_ptr<CacheNode[]>> owned_;
    Number used_ = 1;  // slots that were ever taken; 0 stays empty, it means "none"
    Number free_ = CacheNode::kNone;
};

}  // namespace redirector::store
