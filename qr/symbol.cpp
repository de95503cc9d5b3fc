#include "qr/symbol.hpp"

#include "qr/payload.hpp"
#include "qr/small_symbol.hpp"

#include <qrencode.h>

#include <cassert>
#include <memory>
#include <new>

namespace qr {
namespace {

struct Free {
    void operator()(QRinput* input) const { QRinput_free(input); }
    void operator()(QRcode* code) const { QRcode_free(code); }
};

constexpr QRencodeMode library_mode(Mode mode) {
    switch (mode) {
        case Mode::numeric:
            return QR_MODE_NUM;
        case Mode::alphanumeric:
            return QR_MODE_AN;
        case Mode::byte:
            break;
    }
    return QR_MODE_8;
}

// libqrencode gets our segments, never the text: its own splitter can miss the smallest version,
// and then silently returns a larger symbol (fukuchi/libqrencode#206).
Symbol encode_with_library(std::string_view text, const Payload& payload, Level level) {
    const std::unique_ptr<QRinput, Free> input{
        QRinput_new2(payload.version, static_cast<QRecLevel>(level))};
    if (!input) throw std::bad_alloc();
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    for (const Segment& segment : payload.segments)
        if (QRinput_append(input.get(), library_mode(segment.mode),
                           static_cast<int>(segment.length), bytes + segment.begin) != 0)
            throw std::bad_alloc();
    const std::unique_ptr<QRcode, Free> code{QRcode_encodeInput(input.get())};
    if (!code) throw std::bad_alloc();
    assert(code->width == symbol_width(payload.version));
    Symbol symbol(code->width, code->width);
    for (int y = 0; y < code->width; ++y)
        for (int x = 0; x < code->width; ++x)
            if ((code->data[y * code->width + x] & 1) != 0) symbol.set_dark(x, y);
    return symbol;
}

}  // namespace

Result<Symbol> encode(std::string_view text, Level level) {
    const auto payload = plan(text, level);
    if (!payload) return payload.error();
    if (payload->version <= kMaxSmallVersion) return encode_small(text, *payload, level);
    return encode_with_library(text, *payload, level);
}

}  // namespace qr
