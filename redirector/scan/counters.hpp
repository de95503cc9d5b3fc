// What the spool and the shipper count, for /metrics and /readyz.
// Units:   records, bytes, milliseconds, as the names say.
// Threads: a Counters is a copy. Fields are read one after another while threads go on counting, so
//          that sums over them may be off by the scans of that instant.
#pragma once

#include <cstdint>

namespace redirector::scan {

struct Counters {
    // Since this process started.
    std::uint64_t appended = 0;   // stored in the spool
    std::uint64_t dropped = 0;    // spool full, answered all the same
    std::uint64_t refused = 0;    // spool full, 503
    std::uint64_t shipped = 0;    // taken by Redis, those of earlier processes included
    std::uint64_t reshipped = 0;  // of these, sent again because Redis had come back without them
    std::uint64_t batches = 0;    // scripts that Redis ran
    std::uint64_t retried = 0;    // batches sent again after an error
    std::uint64_t sync_failures = 0;
    std::uint64_t cut_short = 0;  // shipped segments removed before their time, for room

    // Found at start.
    std::uint64_t recovered = 0;  // records that earlier processes had not brought to Redis
    std::uint64_t missing =
        0;  // records that their segments should have held but could not be read

    // Now.
    std::uint64_t spooled = 0;        // records in the spool that Redis has not confirmed
    std::uint64_t spooled_bytes = 0;  // of these
    std::uint64_t disk_bytes = 0;     // all segments: empty, growing, shipped and kept
    std::uint64_t oldest_ms = 0;      // no record waits for longer than this; 0: none waits
    std::uint64_t behind = 0;         // partitions that Redis refuses at the moment
    std::uint64_t recorded = 0;       // of this process's scans: confirmed by Redis

    // served = recorded + spooled, as one figure: 0 when every one of `served` redirects of this
    // process is accounted for; above 0 that many are nowhere, below 0 recorded without a redirect.
    std::int64_t unaccounted(std::uint64_t served) const noexcept {
        const std::uint64_t known = recorded + spooled_own + dropped;
        return static_cast<std::int64_t>(served - known);
    }
    std::uint64_t spooled_own = 0;  // the part of `spooled` that this process appended
};

}  // namespace redirector::scan
