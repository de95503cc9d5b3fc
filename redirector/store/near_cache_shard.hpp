// One shard of the near cache: a hash table that readers walk without a lock, and its eviction
// queues.
// Shape:   bucket -> chain of nodes, newest first. The table never grows: it is sized by the
//          byte bound, so no reader can meet one that is being rebuilt. A node never changes
//          under a reader's eyes: a new value is a new node, linked in before the old one is
//          taken out.
// Units:   bytes as the allocator rounds them.
// Threads: find() by any thread inside an epoch; the rest takes the shard's mutex itself.
// Source:  S3-FIFO, algorithm 1 of the paper named in near_cache.hpp.
#pragma once

#include "redirector/store/cache_entry.hpp"
#include "redirector/store/epochs.hpp"
#include "redirector/store/near_cache.hpp"
#include "redirector/store/near_cache_pool.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

namespace redirector::store {

// What look-ups touch, in one piece for all shards, so that huge pages fit.
struct NearCache::Memory {
    using Bucket = std::atomic<CacheNode::Number>;

    Memory(std::size_t capacity_bytes, unsigned shards);  // of the whole cache

    std::span<Bucket> buckets_of(unsigned shard) const noexcept;

    std::size_t buckets;  // of each shard; a power of two
    std::size_t nodes;    // that a shard may have
    HugePages table;
    CacheNodes pool;
};

class NearCache::Shard {
  public:
    using Number = CacheNode::Number;

    static constexpr std::size_t kMaxKey = 1024;

    struct Counters {
        std::uint64_t evictions = 0;
        std::uint64_t invalidations = 0;
        std::uint64_t refused = 0;
        std::uint64_t entries = 0;
        std::uint64_t bytes = 0;
    };

    Shard(Epochs& epochs, Memory& memory, unsigned number, std::size_t capacity_bytes);
    ~Shard();

    // Null when the key is not held. The caller is inside an epoch; the node lives until it leaves.
    CacheNode* find(std::uint64_t hash, std::string_view key) const noexcept {
        const Number number = look_up(static_cast<std::uint32_t>(hash), key);
        return number != CacheNode::kNone ? &pool_.at(number) : nullptr;
    }

    // The steps of Prefetch, each of which needs what the one before has brought. The caller is inside
    // an epoch. Of a chain the first node: few are longer.
    void prefetch_bucket(std::uint64_t hash) const noexcept {
        __builtin_prefetch(&bucket(static_cast<std::uint32_t>(hash)));
    }
    void prefetch_node(std::uint64_t hash) const noexcept {
        if (const CacheNode* const node = first_of(hash)) prefetch(node, sizeof *node);
    }
    void prefetch_entry(std::uint64_t hash) const noexcept {
        const CacheNode* const node = first_of(hash);
        if (node != nullptr && node->entry != nullptr) prefetch(node->entry, node->bytes);
    }

    std::uint64_t epoch(std::uint64_t hash) const noexcept { return stripe(hash).load(); }

    bool publish(const Ticket& ticket, std::string_view key, EntryPtr entry);
    void invalidate(std::uint64_t hash, std::string_view key);
    void forget_superseded();  // what was superseded before the last call of this

    Counters counters() const;

  private:
    static constexpr std::size_t kStripes = 256;

    // First in, first out; linked through the nodes, `newest` to `oldest`.
    struct Queue {
        Number newest = CacheNode::kNone;
        Number oldest = CacheNode::kNone;
        std::size_t bytes = 0;  // of nodes, entries and long keys
        std::size_t count = 0;
    };

    // Which keys left the small queue lately: half a hash and the eviction's number per slot.
    struct Ghosts {
        std::vector<std::uint64_t> slots;
        std::uint32_t evictions = 0;

        void add(std::uint32_t hash) noexcept;
        bool holds(std::uint32_t hash, std::size_t at_most_ago) const noexcept;
    };

    struct Retired {
        Number number;
        std::uint64_t stamp;
    };

    // Entries whose last owner lets go of them here, after the mutex has been released.
    using Dead = std::vector<EntryPtr>;

    std::atomic<std::uint64_t>& stripe(std::uint64_t hash) const noexcept {
        return stripes_[(hash >> 40) % kStripes];
    }
    Memory::Bucket& bucket(std::uint32_t hash) const noexcept {
        return buckets_[hash & (buckets_.size() - 1)];
    }
    Queue& queue_of(const CacheNode& node) noexcept;
    std::size_t bytes_held() const noexcept;

    const CacheNode* first_of(std::uint64_t hash) const noexcept {
        const Number number = bucket(static_cast<std::uint32_t>(hash)).load();
        return number != CacheNode::kNone ? &pool_.at(number) : nullptr;
    }

    static void prefetch(const void* what, std::size_t bytes) noexcept {
        constexpr std::size_t kLine = 64;
        constexpr std::size_t kMost = 192;  // a redirection with a target of usual length
        const auto begin = reinterpret_cast<std::uintptr_t>(what);
        const std::uintptr_t end = begin + std::min(bytes, kMost);
        for (std::uintptr_t line = begin / kLine * kLine; line < end; line += kLine)
            __builtin_prefetch(reinterpret_cast<const void*>(line));
    }

    Number look_up(std::uint32_t hash, std::string_view key) const noexcept {
        Number number = bucket(hash).load();
        while (number != CacheNode::kNone) {
            const CacheNode& node = pool_.at(number);
            if (node.hash == hash && node.key() == key) break;
            number = node.next.load();
        }
        return number;
    }

    bool refuse() noexcept;
    Number take_node(Dead& dead);
    void replace(Number old, Number number);
    void push(Queue& queue, Number number) noexcept;
    void remove(Queue& queue, Number number) noexcept;
    void link(Number number) noexcept;
    void unlink(Number number) noexcept;
    void retire(Number number);
    void supersede(Number number) noexcept;
    void drop(Number number);
    void evict();
    void evict_from_small();
    void evict_from_main();
    void reclaim(Dead& dead);

    Epochs& epochs_;
    std::span<Memory::Bucket> buckets_;
    std::size_t table_bytes_;
    std::size_t capacity_;        // of nodes, entries and long keys
    std::size_t small_capacity_;  // a tenth of it
    CacheNodePool pool_;
    mutable std::array<std::atomic<std::uint64_t>, kStripes> stripes_{};

    mutable std::mutex mutex_;  // of all below, and of all writes to the chains
    Queue small_;
    Queue main_;
    Queue superseded_;                // neither counted as entries nor kept when room is needed
    Number aged_ = CacheNode::kNone;  // the newest of superseded_ when it was last looked through
    Ghosts ghosts_;
    std::deque<Retired> retired_;
    Counters counters_;
};

}  // namespace redirector::store
