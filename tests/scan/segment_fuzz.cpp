// A segment of any bytes: no crash, frames lie within it, and a walk ends.
#include "redirector/scan/record.hpp"
#include "redirector/scan/segment.hpp"

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace scan = redirector::scan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < scan::kFramesAt) return 0;
    std::vector<std::uint8_t> bytes(data, data + size);
    (void)scan::read_header(bytes);
    (void)scan::read_claim(bytes);
    // A header that is right for these bytes, and a first frame whose checksum is: otherwise no
    // input would ever come further.
    scan::SegmentHeader header;
    header.node = "abcdef012345";
    header.first_seq = 1;
    const std::uint32_t seed = scan::write_header(header, bytes.data());
    const std::size_t room = size - scan::kFramesAt;
    if (room > scan::kFrameHead)
        scan::seal_frame(seed, 1, &bytes[scan::kFramesAt],
                         static_cast<std::uint32_t>((room - scan::kFrameHead) / 2 + 1));
    scan::Frames frames(bytes);
    while (const auto frame = frames.next()) {
        if (frame->payload.data() + frame->payload.size() > bytes.data() + bytes.size())
            std::abort();
        (void)scan::decode(frame->payload);
    }
    if (frames.offset() > bytes.size()) std::abort();
    (void)frames.clean_end();
    return 0;
}
