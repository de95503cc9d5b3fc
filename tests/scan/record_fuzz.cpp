// decode() of any bytes: no crash, views within the bytes, and what was read can be written and
// read again as the same scan.
#include "redirector/scan/record.hpp"

#include <cstdint>
#include <cstdlib>
#include <vector>

using redirector::scan::decode;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto scan = decode({data, size});
    if (!scan) return 0;
    const std::size_t again_size = encoded_size(*scan);
    if (again_size > redirector::scan::kMaxRecord) std::abort();
    std::vector<std::uint8_t> again(again_size);
    encode(*scan, again.data());
    const auto twice = decode(again);
    if (!twice || !(*twice == *scan)) std::abort();
    return 0;
}
