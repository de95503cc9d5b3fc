// Any text either is a symbol of the planned size that draws in every format, or is refused.
// Input:   the first byte chooses level and format, the rest is the text.
#include "qr/payload.hpp"
#include "qr/render.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto level = static_cast<qr::Level>(data[0] & 3);
    const auto format = static_cast<qr::Format>(data[0] >> 2 & 3);
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto payload = qr::plan(text, level);
    const auto symbol = qr::encode(text, level);
    if (payload.has_value() != symbol.has_value()) std::abort();
    if (!payload) return 0;
    if (payload->bits > qr::data_bits(payload->version, level)) std::abort();
    if (symbol->width() != qr::symbol_width(payload->version)) std::abort();
    qr::Style style;
    style.width = 200 + data[0];
    style.height = 200;
    std::string out;
    if (!qr::render(*symbol, style, format, out) || out.empty()) std::abort();
    return 0;
}
