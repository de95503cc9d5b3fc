// Packed statistics out of Redis: any bytes are refused or come out as they went in.
#include "tests/scan/counts.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace redirector::scan;
    const auto counts = unpack_counts({reinterpret_cast<const char*>(data), size});
    if (counts && unpack_counts(testing::pack_counts(*counts)) != counts) std::abort();
    return 0;
}
