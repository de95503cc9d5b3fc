// Any text as a Redis URL: what parses describes itself as a URL that parses to the same place.
#include "redirector/store/redis_address.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace redirector::store;
    const auto parsed = parse_redis_address({reinterpret_cast<const char*>(data), size});
    if (!parsed) {
        if (parsed.error().message.find(parsed.error().part) == std::string::npos) std::abort();
        return 0;
    }
    const auto again = parse_redis_address(parsed->describe());
    if (!again || again->endpoints != parsed->endpoints || again->path != parsed->path ||
        again->database != parsed->database || again->master != parsed->master) {
        std::abort();
    }
    return 0;
}
