// Statistics as they are kept in Redis, from names and hits.
#pragma once

#include "redirector/scan/statistics.hpp"

#include <string>

namespace redirector::scan::testing {

inline std::string pack_counts(const Counts& counts) {
    std::string packed;
    append_counts_head(packed, counts.size());
    for (const auto& [name, hits] : counts)
        append_count(packed, name, hits);
    return packed;
}

}  // namespace redirector::scan::testing
