// A redirection's record as Redis might hold it: whatever is read is written back byte by byte.
#include "redirector/store/redirection.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace redirector::store;
    const std::string_view record(reinterpret_cast<const char*>(data), size);
    const auto redirection = decode_redirection(record);
    if (!redirection) return 0;
    if (encode(*redirection) != record) std::abort();
    const EntryPtr cached = CachedRedirection::make(*redirection, "ABCDEFGHKM");
    const auto target = static_cast<const CachedRedirection&>(*cached).target();
    if (target != resolve_target(*redirection, "ABCDEFGHKM")) std::abort();
    return 0;
}
