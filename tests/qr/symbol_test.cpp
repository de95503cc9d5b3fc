#include "qr/symbol.hpp"

#include "qr/boxes.hpp"
#include "qr/payload.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

namespace qr {
namespace {

TEST(Symbol, WidthIsThatOfThePlannedVersion) {
    for (const std::size_t length : {1U, 20U, 21U, 74U, 75U, 500U, 1663U}) {
        const std::string text(length, 'a');
        EXPECT_EQ(encode(text, Level::q)->width(), symbol_width(plan(text, Level::q)->version))
            << length;
    }
    EXPECT_EQ(encode("https://TN.GG/ABCDEFGHKM", Level::q)->width(), 25);
    EXPECT_EQ(encode(std::string(1663, 'a'), Level::q)->width(), 177);
}

TEST(Symbol, RefusesWhatNoSymbolHolds) {
    EXPECT_EQ(encode("", Level::q).error().parameter, "text");
    EXPECT_EQ(encode(std::string(1664, 'a'), Level::q).error().parameter, "text");
}

std::vector<int> turns_of(const Grid& symbol, int y) {
    std::vector<int> turns;
    symbol.each_turn(y, [&](int x) { turns.push_back(x); });
    return turns;
}

TEST(Symbol, TurnsAreWhereTheColourChanges) {
    for (const int width : {64, 70}) {
        Grid symbol(width, 3);
        for (const int x : {0, 3, 4, 62, 63})
            symbol.set_dark(x, 1);
        if (width > 64) symbol.set_dark(64, 1);
        symbol.set_dark(width - 1, 2);
        EXPECT_EQ(turns_of(symbol, 0), std::vector<int>{});
        EXPECT_EQ(turns_of(symbol, 1), (std::vector<int>{0, 1, 3, 5, 62, width > 64 ? 65 : 64}));
        EXPECT_EQ(turns_of(symbol, 2), (std::vector<int>{width - 1, width}));
    }
}

TEST(Symbol, StretchShowsModulesAcrossWordsAndLightOutside) {
    Grid symbol(130, 1);
    for (const int x : {0, 63, 64, 65, 129})
        symbol.set_dark(x, 0);
    for (int x = -1; x < 130; ++x)
        for (int i = 0; i < 64; ++i) {
            const bool inside = x + i >= 0 && x + i < 130;
            EXPECT_EQ(symbol.stretch(x, 0) >> i & 1, inside && symbol.dark(x + i, 0) ? 1U : 0U);
        }
}

TEST(Boxes, CoverEveryDarkModuleOnceAndNoLightOne) {
    std::mt19937 random(12);
    for (int round = 0; round < 60; ++round) {
        // Sparse, dense and striped grids; the last have runs longer than one stretch.
        const int side = 21 + 4 * static_cast<int>(random() % 40);
        Symbol symbol(side, side);
        for (int y = 0; y < symbol.width(); ++y)
            for (int x = 0; x < symbol.width(); ++x)
                if (round % 3 == 0   ? random() % 4 == 0
                    : round % 3 == 1 ? random() % 4 != 0
                                     : y % 5 < 3 && x % 90 != 7)
                    symbol.set_dark(x, y);
        Symbol drawn(symbol.width(), symbol.height());
        for (const auto& [left, top, width, height] : boxes_of(symbol))
            for (int y = top; y < top + height; ++y)
                for (int x = left; x < left + width; ++x) {
                    ASSERT_FALSE(drawn.dark(x, y)) << "twice";
                    drawn.set_dark(x, y);
                }
        ASSERT_EQ(drawn, symbol);
    }
}

TEST(Boxes, EqualRunsOfRowsThatFollowEachOtherAreOneBox) {
    Symbol symbol(21, 21);
    for (int y = 2; y < 6; ++y)
        for (int x = 3; x < 7; ++x)
            symbol.set_dark(x, y);
    symbol.set_dark(7, 4);
    EXPECT_EQ(boxes_of(symbol), (std::vector<Box>{{3, 2, 4, 2}, {3, 4, 5, 1}, {3, 5, 4, 1}}));
}

TEST(Symbol, TheSameFromEveryThread) {
    constexpr std::string_view text = "https://example.org/first-use-of-this-version";
    std::vector<std::thread> threads;
    std::vector<Symbol> symbols(4, Symbol(1, 1));
    for (auto& symbol : symbols)
        threads.emplace_back([&symbol] { symbol = *encode(text, Level::h); });
    for (auto& thread : threads)
        thread.join();
    for (const auto& symbol : symbols)
        EXPECT_EQ(symbol, symbols[0]);
}

}  // namespace
}  // namespace qr
