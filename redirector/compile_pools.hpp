// The threads that compile and parse what would keep an I/O thread from its redirects: long sets of
// rules, agent strings. Short sets are compiled where they are needed: that takes less than changing
// threads.
// Threads: one of these per process; used from any I/O thread.
// Source:  compile figures in rules/README.md.
#pragma once

#include "redirector/worker_pool.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace redirector {

struct CompilePools {
    // Bytes of a set's texts or JSON: 150 rules, half a millisecond. The largest set takes 50 ms.
    static constexpr std::size_t kLongRules = 16 << 10;

    WorkerPool loads{1, 64};       // of sets in force: redirects wait for these
    WorkerPool drafts{1, 16, 10};  // of callers of the API, who come after the redirects
    WorkerPool agents{1, 64, 10};  // for the same: api/shown_actions.hpp

    std::atomic<std::uint64_t> broken_rules{0};  // Redirectors loaded that cannot be read

    void stop() {
        loads.stop();
        drafts.stop();
        agents.stop();
    }
};

}  // namespace redirector
