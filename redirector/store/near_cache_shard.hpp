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

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace redirector::store {

class NearCache::Shard {
  public:
    static constexpr std::size_t kMaxKey = 1024;

    // One key: 56 bytes, followed by the key itself in the same allocation.
    struct Node {
        std::atomic<Node*> next{nullptr};  // in the bucket's chain
        Node* newer = nullptr;             // in its queue
        Node* older = nullptr;
        const CacheEntry* entry = nullptr;  // owned; null: the key is known to be absent
        std::uint64_t hash = 0;
        std::uint32_t generation = 0;
        std::uint32_t bytes = 0;  // charged for node and entry
        std::uint16_t key_size = 0;
        std::atomic<std::uint8_t> hits{0};  // since insertion or the last round, at most kMaxHits
        bool in_main = false;

        static Node* make(const Ticket& ticket,
                          std::string_view key,
                          EntryPtr entry,
                          std::size_t bytes);
        static void destroy(Node* node) noexcept;

        std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_size}; }
        void touch() noexcept {
            const std::uint8_t seen = hits.load(std::memory_order_relaxed);
            if (seen < kMaxHits) hits.store(seen + 1, std::memory_order_relaxed);
        }
    };

    struct Counters {
        std::uint64_t evictions = 0;
        std::uint64_t invalidations = 0;
        std::uint64_t refused = 0;
        std::uint64_t entries = 0;
        std::uint64_t bytes = 0;
    };

    Shard(Epochs& epochs, std::size_t capacity_bytes);
    ~Shard();

    // Null when the key is not held. The caller is inside an epoch; the node lives until it leaves.
    Node* find(std::uint64_t hash, std::string_view key) const noexcept {
        Node* node = buckets_[hash & bucket_mask_].load();
        while (node != nullptr && (node->hash != hash || node->key() != key)) {
            node = node->next.load();
        }
        return node;
    }

    std::uint64_t epoch(std::uint64_t hash) const noexcept { return stripe(hash).load(); }

    bool publish(const Ticket& ticket, std::string_view key, EntryPtr entry);
    void invalidate(std::uint64_t hash, std::string_view key);

    Counters counters() const;

  private:
    static constexpr std::uint8_t kMaxHits = 3;
    static constexpr std::size_t kStripes = 256;

    // First in, first out; linked through the nodes, `newest` to `oldest`.
    struct Queue {
        Node* newest = nullptr;
        Node* oldest = nullptr;
        std::size_t bytes = 0;
        std::size_t count = 0;

        void push(Node* node) noexcept;
        void remove(Node* node) noexcept;
    };

    // Which keys left the small queue lately: a fingerprint and the eviction's number per slot.
    struct Ghosts {
        std::vector<std::uint64_t> slots;
        std::uint32_t evictions = 0;

        void add(std::uint64_t hash) noexcept;
        bool holds(std::uint64_t hash, std::size_t at_most_ago) const noexcept;
    };

    struct Retired {
        Node* node;
        std::uint64_t stamp;
    };

    // Frees nodes when it goes out of scope, which is after the mutex has been released.
    struct Dead {
        std::vector<Node*> nodes;
        ~Dead();
    };

    std::atomic<std::uint64_t>& stripe(std::uint64_t hash) const noexcept {
        return stripes_[(hash >> 40) % kStripes];
    }
    Queue& queue_of(const Node* node) noexcept { return node->in_main ? main_ : small_; }
    std::size_t bytes_held() const noexcept { return small_.bytes + main_.bytes; }

    void link(Node* node) noexcept;
    void unlink(Node* node) noexcept;
    void make_room();
    void evict_from_small();
    void evict_from_main();
    void retire(Node* node);
    void reclaim(Dead& dead);

    Epochs& epochs_;
    std::unique_ptr<std::atomic<Node*>[]> buckets_;
    std::uint64_t bucket_mask_;
    std::size_t table_bytes_;
    std::size_t capacity_;        // of nodes and entries
    std::size_t small_capacity_;  // a tenth of it
    mutable std::array<std::atomic<std::uint64_t>, kStripes> stripes_{};

    mutable std::mutex mutex_;  // of all below, and of all writes to the chains
    Queue small_;
    Queue main_;
    Ghosts ghosts_;
    std::deque<Retired> retired_;
    Counters counters_;
};

}  // namespace redirector::store
