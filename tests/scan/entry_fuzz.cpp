// unpack() and the id parsers on any bytes: no crash, views within the bytes, and what was read can
// be written again as the same bytes.
#include "redirector/scan/stream.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace scan = redirector::scan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto records = scan::unpack(text)) {
        std::size_t sum = 0;
        for (const auto& record : *records)
            for (const std::uint8_t byte : record)
                sum += byte;
        if (sum > 255 * size) std::abort();
    }
    if (const auto position = scan::parse_action_id(text))
        if (scan::action_id(*position) != text) std::abort();
    if (const auto id = scan::parse_stream_id(text))
        if (scan::parse_stream_id(scan::to_string(*id)) != id) std::abort();
    return 0;
}
