#include "qr/lettering.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace qr {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./: ";

std::string picture(std::string_view caption) {
    const Grid grid = letter(caption);
    std::string rows;
    for (int y = 0; y < grid.height(); ++y) {
        for (int x = 0; x < grid.width(); ++x)
            rows += grid.dark(x, y) ? '#' : '.';
        rows += '\n';
    }
    return rows;
}

TEST(Lettering, DrawsLettersOneDotApart) {
    EXPECT_EQ(picture("A0"),
              ".###...###.\n"
              "#...#.#...#\n"
              "#...#.#..##\n"
              "#####.#.#.#\n"
              "#...#.##..#\n"
              "#...#.#...#\n"
              "#...#..###.\n"
              "...........\n"
              "...........\n");
    EXPECT_EQ(letter("A").width(), lettering_width(1));
    EXPECT_EQ(letter(std::string(kMaxCaption, 'A')).width(), 239);
}

TEST(Lettering, EveryCharacterOfAShortIdHasItsOwnShape) {
    std::set<std::string> shapes;
    for (const char c : kLetters) {
        EXPECT_TRUE(check_caption({&c, 1})) << c;
        shapes.insert(picture({&c, 1}));
    }
    EXPECT_EQ(shapes.size(), kLetters.size());
}

TEST(Lettering, RefusesOtherCharactersAndLengths) {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        EXPECT_EQ(static_cast<bool>(check_caption({&c, 1})),
                  byte != 0 && kLetters.find(c) != kLetters.npos);
    }
    EXPECT_TRUE(check_caption(std::string(40, 'x')));
    for (const auto& caption : {std::string(), std::string(41, 'x'), std::string(1'000'000, 'x')})
        EXPECT_EQ(check_caption(caption).error().parameter, "caption");
}

}  // namespace
}  // namespace qr
