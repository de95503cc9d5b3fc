// Memory that this process uses: what the allocator handed out, and what is touched of huge_pages.hpp's.
// Units:   bytes; huge pages count whole.
// Source:  proc_pid_smaps(5): areas under MADV_HUGEPAGE have the flag `hg`.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <malloc.h>
#include <string>

namespace redirector::store::testing {

inline std::size_t memory_in_use() {
    const auto heap = ::mallinfo2();
    std::size_t bytes = heap.uordblks + heap.hblkhd;
    std::size_t resident = 0;  // of the area that is being read
    std::ifstream areas("/proc/self/smaps");
    for (std::string line; std::getline(areas, line);) {
        if (line.starts_with("Rss:"))
            resident = std::strtoull(line.c_str() + 4, nullptr, 10) * 1024;
        if (line.starts_with("VmFlags:") && line.find(" hg") != line.npos) bytes += resident;
    }
    return bytes;
}

}  // namespace redirector::store::testing
