// The wall clock as records, segments and epochs carry it.
// Units:   milliseconds since the epoch, UTC.
// Threads: any.
#pragma once

#include <chrono>
#include <cstdint>

namespace redirector::scan {

inline std::uint64_t now_ms() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace redirector::scan
