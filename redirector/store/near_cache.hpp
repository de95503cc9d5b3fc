// Near cache: what this process remembers of Redis, one for all its threads.
// Shape:   Redis key -> immutable CacheEntry, or "known absent". Bounded by bytes, everything
//          counted; S3-FIFO eviction, so that a scan of keys asked for once does not push out
//          the popular ones.
//          What an invalidation supersedes is a miss, but kept for one to two heartbeat bounds
//          in case that Redis is lost before the key is read again; then for as long as that lasts.
// Units:   times are steady-clock time points; the heartbeat bound is 5 s, the stale bound 24
//          h.
// Errors:  none; what does not fit is not kept.
// Threads: find() takes no lock and allocates nothing. Everything else may be called by any
//          thread.
// Source:  S3-FIFO: Yang et al., "FIFO queues are all you need for cache eviction" (SOSP 2023).
//          Epoch-based reclamation: Fraser, "Practical lock-freedom" (2004), ch. 5.
#pragma once

#include "redirector/counter.hpp"
#include "redirector/store/cache_entry.hpp"
#include "redirector/store/epochs.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace redirector::store {

struct NearCacheOptions {
    std::size_t capacity_bytes = 256 << 20;
    unsigned shards = 16;  // a power of two; writers of different shards run side by side
    std::chrono::milliseconds heartbeat_bound{
        5'000};                                   // no heartbeat for this long: nothing is fresh
    std::chrono::seconds stale_bound{24 * 3600};  // not known coherent for this long: not served
};

struct NearCacheCounters {
    std::uint64_t hits = 0;           // found present
    std::uint64_t negative_hits = 0;  // found known absent
    std::uint64_t misses = 0;
    std::uint64_t stale_served = 0;  // as reported through Guard::served_stale()
    std::uint64_t evictions = 0;
    std::uint64_t invalidations = 0;  // of keys, heard or made by this process
    std::uint64_t distrusts = 0;
    std::uint64_t refused_publishes = 0;  // invalidated while being fetched, or too large
    std::uint64_t entries = 0;            // now
    std::uint64_t bytes = 0;              // now, tables included
};

class NearCache {
  public:
    using Clock = std::chrono::steady_clock;
    using TimePoint = Clock::time_point;

    enum class Presence : std::uint8_t { miss, absent, present };

    enum class Trust : std::uint8_t {
        fresh,    // Redis would have told us of a change: serve it
        suspect,  // ask Redis; serve this only if Redis cannot be reached
        expired,  // beyond the stale bound: not even then
    };

    struct Found {
        Presence presence = Presence::miss;
        Trust trust = Trust::expired;
        const CacheEntry* entry = nullptr;  // with `present`; valid until the Guard ends
        // With `miss`: what the key held before changes that nobody here has read yet. Only for
        // want of anything better, when Redis cannot be reached. Valid until the Guard ends.
        const CacheEntry* superseded = nullptr;

        template <class T>
        const T& as() const {
            return static_cast<const T&>(*entry);
        }
        EntryPtr keep() const { return EntryPtr(entry); }  // beyond the Guard
    };

    // What was known of the key when its GET was about to be sent.
    struct Ticket {
        std::uint64_t hash = 0;
        std::uint64_t epoch = 0;
        std::uint32_t generation = 0;
    };

    class Reader;
    class Guard;
    class Prefetch;

    explicit NearCache(NearCacheOptions options);
    ~NearCache();  // after all its Readers
    NearCache(const NearCache&) = delete;
    NearCache& operator=(const NearCache&) = delete;

    // Fetching: begin_fetch(), then send the GET, then publish() what it answered. An invalidation
    // in between, in whatever order it arrives with the reply, refuses the publish.
    Ticket begin_fetch(std::string_view key) const noexcept;
    bool current(const Ticket& ticket) const noexcept;  // no invalidation or distrust since
    // A null entry: the key is known to be absent. Answers whether it was kept.
    bool publish(const Ticket& ticket, std::string_view key, EntryPtr entry);

    // Coherence; called by the tracker. A writer of this process may invalidate() what it has just
    // written, so that its own next read sees it.
    void invalidate(std::string_view key);
    void distrust(
        TimePoint now);  // all that is held now becomes suspect, until heard() nothing is fresh
    void heard(
        TimePoint written);       // all invalidations of writes before `written` have been handled
    void advance(TimePoint now);  // lets the bounds pass; about once a second

    // Whether what is published now would be fresh: a heartbeat is within its bound.
    bool coherent(TimePoint now) const noexcept {
        return trust(generation_.load(), now) == Trust::fresh;
    }

    NearCacheCounters counters() const;
    std::size_t capacity_bytes() const noexcept { return options_.capacity_bytes; }

  private:
    class Shard;
    struct Memory;

    Shard& shard(std::uint64_t hash) const noexcept;
    std::uint64_t hash(std::string_view key) const noexcept;
    Trust trust(std::uint32_t generation, TimePoint now) const noexcept;

    NearCacheOptions options_;
    std::uint64_t seed_;
    mutable Epochs epochs_;
    std::unique_ptr<Memory> memory_;  // of all shards; outlives them
    std::vector<std::unique_ptr<Shard>> shards_;

    // Coherence. A generation is the time between two calls of distrust().
    std::atomic<std::uint32_t> generation_{1};
    std::atomic<std::uint32_t> oldest_served_{0};  // generations before it are `expired`
    std::atomic<Clock::rep> heard_{kNever};        // last heartbeat of this generation
    std::atomic<Clock::rep> verified_;             // start of this generation or last heartbeat
    std::mutex coherence_mutex_;                   // of all writes to the above and of:
    std::deque<std::pair<std::uint32_t, TimePoint>>
        ended_;           // generation, when it ended; oldest first
    TimePoint forgot_{};  // when superseded entries were last looked through
    std::atomic<std::uint64_t> distrusts_{0};

    mutable std::mutex readers_mutex_;  // of readers_ and past_
    std::vector<const Reader*> readers_;
    NearCacheCounters past_;  // what readers that are gone have counted

    static constexpr Clock::rep kNever = std::numeric_limits<Clock::rep>::min();
};

// One thread's way into the cache: made once per thread, dies before the cache.
class NearCache::Reader {
  public:
    explicit Reader(NearCache& cache);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // For one synchronous piece of work: never held across a co_await, since memory that any thread
    // retires is kept until it ends. Guards of a thread may nest.
    [[nodiscard]] Guard enter() noexcept;

  private:
    friend class NearCache;
    friend class Guard;
    friend class Prefetch;

    void add_to(NearCacheCounters& sum) const noexcept;

    NearCache& cache_;
    Epochs::Slot slot_;
    Counter hits_;
    Counter negative_hits_;
    Counter misses_;
    Counter stale_served_;
};

class NearCache::Guard {
  public:
    explicit Guard(Reader& reader) noexcept : reader_(reader) { reader_.slot_.enter(); }
    ~Guard() { reader_.slot_.leave(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    // `now` may be some milliseconds old: once per loop turn is enough.
    Found find(std::string_view key, TimePoint now) noexcept;

    // Counts one answer given from a suspect entry because Redis could not be reached.
    void served_stale() noexcept { reader_.stale_served_.add(); }

  private:
    Reader& reader_;
};

// Brings what find() will read of keys that are wanted at the same time into the processor's caches:
// a table larger than those costs a look-up three waits for memory, each behind the other, but many
// look-ups hardly more than one. A hint: it changes nothing, and counts nothing.
class NearCache::Prefetch {
  public:
    explicit Prefetch(Reader& reader) noexcept : cache_(reader.cache_), guard_(reader) {}

    void add(std::string_view key) noexcept;  // those beyond kMost are left out
    void finish() noexcept;                   // once, behind the last add()

  private:
    static constexpr std::size_t kMost = 128;

    NearCache& cache_;
    Guard guard_;
    std::array<std::uint64_t, kMost> hashes_;
    std::size_t size_ = 0;
};

inline NearCache::Guard NearCache::Reader::enter() noexcept {
    return Guard(*this);
}

}  // namespace redirector::store
