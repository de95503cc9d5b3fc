#include "tests/scan/spool_reader.hpp"

#include "redirector/scan/record.hpp"
#include "redirector/scan/recovery.hpp"
#include "tests/scan/scans.hpp"

namespace redirector::scan::testing {

std::vector<Kept> read_spool(const std::filesystem::path& directory) {
    const TemporaryFolder copy;
    std::filesystem::copy(directory, copy.path());
    std::vector<Kept> kept;
    const Left left = find_left(copy.path());
    for (const auto& segment : left.segments) {
        const auto bytes = segment->read();
        if (!bytes) continue;
        Frames frames(*bytes);
        while (const auto frame = frames.next()) {
            const auto scan = decode(frame->payload);
            const SegmentHeader& h = segment->header();
            if (scan)
                kept.push_back({h.node, h.lane, h.epoch, frame->seq, std::string(scan->short_id),
                                scan->time_ms});
        }
    }
    return kept;
}

}  // namespace redirector::scan::testing
