// Accept-Language: any bytes.
#include "redirector/facts/language.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool promise) {
    if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace redirector::facts;
    const std::string_view header{reinterpret_cast<const char*>(data), size};
    const auto found = parse_accept_language(header);
    require(found.count <= kMaxLanguageRanges);
    std::uint16_t last = 1000;
    for (const auto& range : found) {
        require(range.weight > 0 && range.weight <= last);
        require(range.tag.data() >= header.data());
        require(range.tag.data() + range.tag.size() <= header.data() + header.size());
        last = range.weight;
    }
    const auto best = best_language(header);
    for (const char c : best.text())
        require(c >= 'a' && c <= 'z');

    constexpr std::array<std::string_view, 3> kAvailable{"en", "de-CH", "zh-Hant"};
    lookup_language(found, kAvailable);
    return 0;
}
