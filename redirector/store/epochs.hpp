// Epoch-based reclamation: tells a writer when no reader can still see what it has unlinked.
// Shape:   a reader states the current epoch while it reads; what was unlinked at epoch e may
//          be freed once every reader is idle or entered at e or later.
// Threads: enter() and leave() by the owner of the Slot, the rest by any thread.
// Source:  Fraser, "Practical lock-freedom" (2004), ch. 5. All atomics are sequentially
//          consistent: a reader's entry must be visible before its first look at a shared
//          pointer.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace redirector::store {

class Epochs {
  public:
    // One reader's statement, on a cache line of its own.
    class alignas(64) Slot {
      public:
        explicit Slot(Epochs& epochs);
        ~Slot();
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;

        void enter() noexcept {
            if (depth_++ == 0) entered_.store(epochs_.now_.load());
        }
        void leave() noexcept {
            if (--depth_ == 0) entered_.store(kIdle, std::memory_order_release);
        }

      private:
        friend class Epochs;

        Epochs& epochs_;
        std::atomic<std::uint64_t> entered_{kIdle};
        std::uint32_t depth_ = 0;
    };

    // After an unlink: the stamp of what was unlinked.
    std::uint64_t retire() noexcept { return now_.fetch_add(1) + 1; }

    // What bears this stamp or a smaller one may be freed.
    std::uint64_t safe() const;

  private:
    static constexpr std::uint64_t kIdle = UINT64_MAX;

    std::atomic<std::uint64_t> now_{1};
    mutable std::mutex mutex_;  // of slots_
    std::vector<const Slot*> slots_;
};

}  // namespace redirector::store
