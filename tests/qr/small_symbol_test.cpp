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

// libqrencode's symbol of the same segments, and where its data and correction codewords lie.
struct LibrarySymbol {
    Symbol symbol;
    Grid data;
};

LibrarySymbol library_symbol(std::string_view text, const Payload& payload, Level level) {
    const std::unique_ptr<QRinput, decltype(&QRinput_free)> input(
        QRinput_new2(payload.version, static_cast<QRecLevel>(level)), &QRinput_free);
    constexpr std::array modes{QR_MODE_NUM, QR_MODE_AN, QR_MODE_8};
    for (const auto& segment : payload.segments)
        QRinput_append(input.get(), modes[static_cast<std::size_t>(segment.mode)],
                       static_cast<int>(segment.length),
                       reinterpret_cast<const unsigned char*>(text.data() + segment.begin));
    const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(QRcode_encodeInput(input.get()),
                                                               &QRcode_free);
    LibrarySymbol result{Symbol(code->width, code->width), Grid(code->width, code->width)};
    for (int y = 0; y < code->width; ++y)
        for (int x = 0; x < code->width; ++x) {
            const unsigned char module = code->data[y * code->width + x];
            if ((module & 1) != 0) result.symbol.set_dark(x, y);
            if ((module & 0x80) == 0) result.data.set_dark(x, y);
        }
    return result;
}

// The mask that a symbol names in its format information (ISO/IEC 18004:2015 7.9.1): bits 12 to 10,
// of which 0x5412 inverts the first and the last.
int mask_of(const Symbol& symbol) {
    const int bits =
        (symbol.dark(2, 8) ? 4 : 0) | (symbol.dark(3, 8) ? 2 : 0) | (symbol.dark(4, 8) ? 1 : 0);
    return bits ^ 5;
}

// ISO/IEC 18004:2015 table 10: whether the mask inverts the data module in row i, column j.
bool mask_inverts(int mask, int i, int j) {
    const std::array<bool, 8> inverts{(i + j) % 2 == 0,
                                      i % 2 == 0,
                                      j % 3 == 0,
                                      (i + j) % 3 == 0,
                                      (i / 2 + j / 3) % 2 == 0,
                                      i * j % 2 + i * j % 3 == 0,
                                      (i * j % 2 + i * j % 3) % 2 == 0,
                                      ((i + j) % 2 + i * j % 3) % 2 == 0};
    return inverts[static_cast<std::size_t>(mask)];
}

// Table C.1: the format information of levels L, M, Q, H under each mask.
constexpr std::array<std::array<unsigned, 8>, 4> kFormats{{
    {0x77c4, 0x72f3, 0x7daa, 0x789d, 0x662f, 0x6318, 0x6c41, 0x6976},
    {0x5412, 0x5125, 0x5e7c, 0x5b4b, 0x45f9, 0x40ce, 0x4f97, 0x4aa0},
    {0x355f, 0x3068, 0x3f31, 0x3a06, 0x24b4, 0x2183, 0x2eda, 0x2bed},
    {0x1689, 0x13be, 0x1ce7, 0x19d0, 0x0762, 0x0255, 0x0d0c, 0x083b},
}};

void set(Symbol& symbol, int x, int y, bool dark) {
    if (symbol.dark(x, y) == dark) return;
    symbol.set_row(y, symbol.row(y) ^ std::uint64_t{1} << x);
}

// libqrencode's symbol, which has the mask `from`, under another: libqrencode chooses the mask
// itself.
Symbol remasked(const LibrarySymbol& theirs, Level level, int from, int mask) {
    Symbol symbol = theirs.symbol;
    const int width = symbol.width();
    for (int y = 0; y < width; ++y)
        for (int x = 0; x < width; ++x)
            if (theirs.data.dark(x, y))
                set(symbol, x, y,
                    symbol.dark(x, y) ^ mask_inverts(from, y, x) ^ mask_inverts(mask, y, x));
    // Figure 25: bit 0 first, once along the upper left finder, once along the others.
    for (int bit = 0; bit < 15; ++bit) {
        const unsigned format =
            kFormats[static_cast<std::size_t>(level)][static_cast<std::size_t>(mask)];
        const bool dark = (format >> bit & 1) != 0;
        constexpr std::array beside{0, 1, 2, 3, 4, 5, 7, 8, 7, 5, 4, 3, 2, 1, 0};
        const int place = beside[static_cast<std::size_t>(bit)];
        set(symbol, bit < 8 ? 8 : place, bit < 8 ? place : 8, dark);
        set(symbol, bit < 8 ? width - 1 - bit : 8, bit < 8 ? 8 : width - 15 + bit, dark);
    }
    return symbol;
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
    std::array<std::array<int, 4>, kMaxSmallVersion> compared{};
    for (int round = 0; round < 2000; ++round) {
        const Level level = kEveryLevel[static_cast<std::size_t>(round % 4)];
        const std::size_t codewords = data_bits(1 + round / 4 % kMaxSmallVersion, level) / 8;
        const std::string text = random_text(random, codewords / 2 + random() % codewords);
        const auto payload = plan(text, level);
        if (!payload || payload->version > kMaxSmallVersion) continue;
        const LibrarySymbol theirs = library_symbol(text, *payload, level);
        const int chosen = mask_of(theirs.symbol);
        ASSERT_EQ(remasked(theirs, level, chosen, chosen), theirs.symbol);
        for (int mask = 0; mask < 8; ++mask)
            ASSERT_EQ(encode_small(text, *payload, level, mask),
                      remasked(theirs, level, chosen, mask))
                << text << " mask " << mask;
        ++compared[static_cast<std::size_t>(payload->version - 1)][static_cast<std::size_t>(level)];
    }
    for (const auto& version : compared)
        for (const int texts : version)
            EXPECT_GT(texts, 5);
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
            const Symbol theirs = library_symbol(text, payload, level).symbol;
            EXPECT_EQ(encode_small(text, payload, level, mask_of(theirs)), theirs);
        }
    // 29 alphanumeric characters at 2-Q are 173 of 176 bits: a terminator of three bits.
    const std::string text = "ABCDEFGHIJKLMNOPQRSTUVWXYZ123";
    const auto payload = *plan(text, Level::q);
    ASSERT_EQ(payload.bits, 173U);
    const Symbol theirs = library_symbol(text, payload, Level::q).symbol;
    EXPECT_EQ(encode_small(text, payload, Level::q, mask_of(theirs)), theirs);
}

TEST(SmallSymbol, TellsWhetherTablesAreMade) {
    const std::string text(40, 'x');
    const auto payload = *plan(text, Level::h);
    ASSERT_EQ(payload.version, 5);
    (void)encode_small(text, payload, Level::h);
    EXPECT_TRUE(has_tables(5, Level::h));
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
