// What the near cache holds: immutable values that know their size.
// Threads: an entry never changes once published; the count of its owners is atomic.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace redirector::store {

// What one allocation takes from the heap: glibc adds 8 bytes and rounds up to steps of 16.
constexpr std::size_t heap_bytes(std::size_t request) noexcept {
    return request + 8 <= 32 ? 32 : (request + 8 + 15) & ~std::size_t{15};
}

// Base of a decoded redirection, a compiled rule set, a document ... The prefix of its key says
// which type an entry has (one decoder per prefix, see loader.hpp), so readers cast without asking.
class CacheEntry {
  public:
    CacheEntry() = default;
    CacheEntry(const CacheEntry&) = delete;
    CacheEntry& operator=(const CacheEntry&) = delete;
    virtual ~CacheEntry() = default;

    // Memory held by the entry: the sum of heap_bytes() over the object itself and all it owns.
    // Asked once, at publish().
    virtual std::size_t bytes() const noexcept = 0;

  private:
    friend void intrusive_ptr_add_ref(const CacheEntry* entry) noexcept {
        entry->owners_.fetch_add(1, std::memory_order_relaxed);
    }
    friend void intrusive_ptr_release(const CacheEntry* entry) noexcept {
        if (entry->owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete entry;
    }

    mutable std::atomic<std::uint32_t> owners_{0};
};

// Shared ownership, for what must outlive a NearCache::Guard (a value kept across a co_await).
using EntryPtr = boost::intrusive_ptr<const CacheEntry>;

}  // namespace redirector::store
