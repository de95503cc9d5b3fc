#include "qr/symbol.hpp"

#include "qr/payload.hpp"

#include <gtest/gtest.h>

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

TEST(Symbol, FindGoesToTheNextModuleOfAColour) {
    Symbol symbol(70);
    symbol.set_dark(3, 1);
    symbol.set_dark(63, 1);
    symbol.set_dark(64, 1);
    EXPECT_EQ(symbol.find(true, 0, 1), 3);
    EXPECT_EQ(symbol.find(false, 3, 1), 4);
    EXPECT_EQ(symbol.find(true, 4, 1), 63);
    EXPECT_EQ(symbol.find(false, 63, 1), 65);
    EXPECT_EQ(symbol.find(true, 65, 1), 70);
    EXPECT_EQ(symbol.find(true, 0, 0), 70);
    EXPECT_EQ(symbol.find(false, 69, 0), 69);
    EXPECT_EQ(symbol.find(false, 70, 0), 70);
}

TEST(Symbol, TheSameFromEveryThread) {
    constexpr std::string_view text = "https://example.org/first-use-of-this-version";
    std::vector<std::thread> threads;
    std::vector<Symbol> symbols(4, Symbol(1));
    for (auto& symbol : symbols)
        threads.emplace_back([&symbol] { symbol = *encode(text, Level::h); });
    for (auto& thread : threads)
        thread.join();
    for (const auto& symbol : symbols)
        EXPECT_EQ(symbol, symbols[0]);
}

}  // namespace
}  // namespace qr
