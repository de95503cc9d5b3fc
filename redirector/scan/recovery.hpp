// What earlier processes left in a spool directory.
// Errors:  files that are no segments are renamed to *.bad and counted, never removed.
// Threads: start-up only.
#pragma once

#include "redirector/scan/segment_file.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace redirector::scan {

struct Left {
    std::vector<std::unique_ptr<SegmentFile>> segments;  // by node, lane, epoch, sequence number
    std::uint64_t highest_epoch = 0;
    std::vector<std::string> bad;  // paths, as renamed
};

// Reads the header of every segment in `directory`. Removes those that were never used and what a
// rewrite left unfinished. Records are read later, by the shipper.
Left find_left(const std::filesystem::path& directory);

}  // namespace redirector::scan
