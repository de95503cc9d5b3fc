// Reads a spool directory as a later process would find it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace redirector::scan::testing {

struct Kept {
    std::string node;
    std::uint32_t lane = 0;
    std::uint64_t epoch = 0;
    std::uint64_t seq = 0;
    std::string short_id;
    std::uint64_t time_ms = 0;
};

// Every whole record, by node, lane, epoch and sequence number. Changes nothing in the directory:
// works on a copy, so that a living spool can be looked at.
std::vector<Kept> read_spool(const std::filesystem::path& directory);

}  // namespace redirector::scan::testing
