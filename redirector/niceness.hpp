// How far threads that no client waits for stand back behind those of the listeners.
// Units:   as nice(2) has them; Linux keeps them per thread, and new threads and processes inherit
//          them.
// Threads: of the calling one.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

namespace redirector {

// Where both want the same core, such a thread gets a third of a listener's share (sched(7)): enough
// to ship what the rest of the core serves, and a request does not wait until a batch is packed.
inline constexpr int kBehindAnswers = 5;

// Refused, the thread works all the same.
inline void stand_back(int niceness = kBehindAnswers) noexcept {
    [[maybe_unused]] const int refused =
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);
}

}  // namespace redirector
