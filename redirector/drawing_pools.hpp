// The threads that draw what would keep an I/O thread from its redirects, and how many sheets are
// being sent. Images that are drawn quickly are drawn where they are asked for: that takes less than
// changing threads.
// Threads: one of these per process; used from any I/O thread.
#pragma once

#include "redirector/worker_pool.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace redirector {

struct DrawingPools {
    static constexpr std::size_t kMaxSheets = 16;
    // A scheduler's share of about a tenth where a listener wants the same core (sched(7)).
    static constexpr int kNiceness = 10;

    // What takes longer, by qr::drawing_cost(), no I/O thread draws: about as long as two redirects.
    static constexpr std::chrono::microseconds kQuick{30};

    std::atomic<std::size_t> open_sheets{0};          // at most kMaxSheets: bounds their memory
    WorkerPool sheets{1, 2 * kMaxSheets, kNiceness};  // each sheet has one piece of work at a time
    WorkerPool images{1, 64, kNiceness};   // codes with logos, and the logos: milliseconds
    WorkerPool codes{1, 1024, kNiceness};  // other codes, mostly well under a millisecond
    std::atomic<std::uint64_t> drawn{0};   // codes, in `images` and `codes`

    void stop() {
        sheets.stop();
        images.stop();
        codes.stop();
    }
};

}  // namespace redirector
