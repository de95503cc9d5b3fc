#include "qr/small_symbol.hpp"

#include "qr/codewords.hpp"

#include <gtest/gtest.h>
#include <qrencode.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>

namespace qr {
namespace {

constexpr std::array<Level, 4> kEveryLevel{Level::l, Level::m, Level::q, Level::h};

// libqrencode's symbol of the same segments.
Symbol library_symbol(std::string_view text, const Payload& payload, Level level) {
    const std::unique_ptr<QRinput, decltype(&QRinput_free)> input(
        QRinput_new2(payload.version, static_cast<QRecLevel>(level)), &QRinput_free);
    constexpr std::array modes{QR_MODE_NUM, QR_MODE_AN, QR_MODE_8};
    for (const auto& segment : payload.segments)
        QRinput_append(input.get(), modes[static_cast<std::size_t>(segment.mode)],
                       static_cast<int>(segment.length),
                       reinterpret_cast<const unsigned char*>(text.data() + segment.begin));
    const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(QRcode_encodeInput(input.get()),
                                                               &QRcode_free);
    Symbol symbol(code->width, code->width);
    for (int y = 0; y < code->width; ++y)
        for (int x = 0; x < code->width; ++x)
            if ((code->data[y * code->width + x] & 1) != 0) symbol.set_dark(x, y);
    return symbol;
}

// The mask that a symbol names in its format information (ISO/IEC 18004:2015 7.9.1): bits 12 to 10,
// of which 0x5412 inverts the first and the last.
int mask_of(const Symbol& symbol) {
    const int bits =
        (symbol.dark(2, 8) ? 4 : 0) | (symbol.dark(3, 8) ? 2 : 0) | (symbol.dark(4, 8) ? 1 : 0);
    return bits ^ 5;
}

std::string random_text(std::mt19937& random, std::size_t length) {
    constexpr std::string_view characters =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_abcdefghij/:.?&=%\xc3\xa9";
    const std::size_t kinds[] = {10, 36, characters.size()};
    std::string text;
    while (text.size() < length) {
        const std::size_t kind = kinds[random() % 3];
        for (std::size_t run = 1 + random() % 12; run > 0 && text.size() < length; --run)
            text += characters[random() % kind];
    }
    return text;
}

// Penalty of a symbol, rule by rule, module by module (7.8.3.1).
int naive_penalty(const Symbol& symbol) {
    const int width = symbol.width();
    int points = 0;
    int dark = 0;
    for (const bool down : {false, true}) {
        const auto at = [&](int line, int i) {
            return i >= 0 && i < width && (down ? symbol.dark(line, i) : symbol.dark(i, line));
        };
        for (int line = 0; line < width; ++line) {
            for (int i = 0, run = 0; i < width; ++i) {
                run = i > 0 && at(line, i) == at(line, i - 1) ? run + 1 : 1;
                const bool ends = i + 1 == width || at(line, i + 1) != at(line, i);
                if (ends && run >= 5) points += run - 2;
            }
            constexpr std::array finder{true, false, true, true, true, false, true};
            for (int i = 0; i + 7 <= width; ++i) {
                bool same = true;
                for (int k = 0; k < 7; ++k)
                    same = same && at(line, i + k) == finder[static_cast<std::size_t>(k)];
                bool light_before = true;
                bool light_after = true;
                for (int k = 1; k <= 4; ++k) {
                    light_before = light_before && !at(line, i - k);
                    light_after = light_after && !at(line, i + 6 + k);
                }
                if (same && (light_before || light_after)) points += 40;
            }
        }
    }
    for (int y = 0; y < width; ++y)
        for (int x = 0; x < width; ++x) {
            const bool color = symbol.dark(x, y);
            dark += color ? 1 : 0;
            if (x + 1 < width && y + 1 < width && symbol.dark(x + 1, y) == color &&
                symbol.dark(x, y + 1) == color && symbol.dark(x + 1, y + 1) == color)
                points += 3;
        }
    const double share = 100.0 * dark / (width * width);
    return points + 10 * static_cast<int>(std::abs(share - 50) / 5);
}

TEST(SmallSymbol, EqualsLibqrencodeForEveryVersionLevelAndMask) {
    std::mt19937 random(5);
    std::array<std::array<std::array<int, 8>, 4>, kMaxSmallVersion> seen{};
    for (int round = 0; round < 3000; ++round) {
        const Level level = kEveryLevel[static_cast<std::size_t>(round % 4)];
        const std::size_t codewords = data_bits(1 + round / 4 % kMaxSmallVersion, level) / 8;
        const std::string text = random_text(random, codewords / 2 + random() % codewords);
        const auto payload = plan(text, level);
        if (!payload || payload->version > kMaxSmallVersion) continue;
        const Symbol theirs = library_symbol(text, *payload, level);
        const int mask = mask_of(theirs);
        ++seen[static_cast<std::size_t>(payload->version - 1)][static_cast<std::size_t>(level)]
              [static_cast<std::size_t>(mask)];
        ASSERT_EQ(encode_small(text, *payload, level, mask), theirs) << text << " mask " << mask;
    }
    std::array<int, 8> by_mask{};
    for (const auto& version : seen)
        for (const auto& level : version) {
            int symbols = 0;
            for (std::size_t mask = 0; mask < 8; ++mask) {
                symbols += level[mask];
                by_mask[mask] += level[mask];
            }
            EXPECT_GT(symbols, 0);
        }
    for (const int symbols : by_mask)
        EXPECT_GT(symbols, 50);
}

TEST(SmallSymbol, TakesTheMaskOfTheFewestPenaltyPoints) {
    std::mt19937 random(6);
    for (int round = 0; round < 400; ++round) {
        const Level level = kEveryLevel[static_cast<std::size_t>(round % 4)];
        const std::string text = random_text(random, 1 + random() % 55);
        const auto payload = *plan(text, level);
        if (payload.version > kMaxSmallVersion) continue;
        int best = 0;
        int least = 0;
        for (int mask = 0; mask < 8; ++mask) {
            const int points = naive_penalty(encode_small(text, payload, level, mask));
            if (mask == 0 || points < least) {
                best = mask;
                least = points;
            }
        }
        const Symbol symbol = encode_small(text, payload, level);
        ASSERT_EQ(mask_of(symbol), best) << text;
        ASSERT_EQ(symbol, encode_small(text, payload, level, best));
    }
}

TEST(SmallSymbol, EncodesTextsThatFillASymbolToTheLastBit) {
    for (int version = 1; version <= kMaxSmallVersion; ++version)
        for (const Level level : kEveryLevel) {
            // Bytes fill whole codewords less 12 bits: the terminator is cut to nothing but padding
            // bits.
            const std::string text(data_bits(version, level) / 8 - 2, 'x');
            const auto payload = *plan(text, level);
            ASSERT_EQ(payload.version, version);
            const Symbol theirs = library_symbol(text, payload, level);
            EXPECT_EQ(encode_small(text, payload, level, mask_of(theirs)), theirs);
        }
    // 29 alphanumeric characters at 2-Q are 173 of 176 bits: a terminator of three bits.
    const std::string text = "ABCDEFGHIJKLMNOPQRSTUVWXYZ123";
    const auto payload = *plan(text, Level::q);
    ASSERT_EQ(payload.bits, 173U);
    const Symbol theirs = library_symbol(text, payload, Level::q);
    EXPECT_EQ(encode_small(text, payload, Level::q, mask_of(theirs)), theirs);
}

// ISO/IEC 18004:2015 annex I: "01234567" in version 1-M.
TEST(Codewords, FollowTheStandardsExample) {
    const auto payload = *plan("01234567", Level::m);
    std::array<std::uint8_t, 16> codewords{};
    write_codewords("01234567", payload, codewords);
    EXPECT_EQ(codewords,
              (std::array<std::uint8_t, 16>{0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec,
                                            0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11}));
}

}  // namespace
}  // namespace qr
