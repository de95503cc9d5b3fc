#include "qr/payload.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace qr {
namespace {

std::size_t bits_of(std::string_view text) {
    return plan(text, Level::l)->bits;
}

// Counts the bits of a cut from the standard's own words, without the planner's fractions.
std::size_t count_bits(const Payload& payload) {
    std::size_t bits = 0;
    for (const auto& [mode, begin, length] : payload.segments) {
        bits += 4 + static_cast<std::size_t>(length_bits(mode, payload.version));
        if (mode == Mode::numeric)
            bits += length / 3 * 10 + (length % 3 == 0 ? 0 : length % 3 * 3 + 1);
        if (mode == Mode::alphanumeric) bits += length / 2 * 11 + length % 2 * 6;
        if (mode == Mode::byte) bits += length * 8;
    }
    return bits;
}

bool numeric(char c) {
    return c >= '0' && c <= '9';
}

// Least bits over every way to give each character a mode: 3^n of them.
std::size_t least_bits_by_trial(std::string_view text, int version) {
    std::size_t ways = 1;
    for (std::size_t i = 0; i < text.size(); ++i)
        ways *= 3;
    std::size_t least = ~std::size_t{0};
    for (std::size_t way = 0; way < ways; ++way) {
        Payload payload{version, 0, {}};
        bool possible = true;
        std::size_t rest = way;
        for (std::size_t i = 0; i < text.size() && possible; ++i, rest /= 3) {
            const Mode mode = static_cast<Mode>(rest % 3);
            possible =
                mode == Mode::byte ||
                (mode == Mode::numeric ? numeric(text[i]) : alphanumeric_value(text[i]) >= 0);
            if (i == 0 || payload.segments.back().mode != mode)
                payload.segments.push_back({mode, i, 0});
            ++payload.segments.back().length;
        }
        if (possible) least = std::min(least, count_bits(payload));
    }
    return least;
}

TEST(Payload, ShortUrlOfTheServiceIsAlwaysVersionTwoAtQ) {
    for (const std::string_view text :
         {"https://TN.GG/ABCDEFGHKM", "https://TN.GG/0123456789", "https://TN.GG/A1B2C3D4E5"}) {
        const auto payload = plan(text, Level::q);
        ASSERT_TRUE(payload);
        EXPECT_EQ(payload->version, 2) << text;
        EXPECT_LE(payload->bits, 176U) << text;
    }
    EXPECT_EQ(bits_of("https://TN.GG/ABCDEFGHKM"), 170U);
    EXPECT_EQ(bits_of("http://TN.GG/ABCDEFGHKM"), 162U);
}

TEST(Payload, KnownBitCounts) {
    EXPECT_EQ(bits_of("HTTP://TN.GG/"), 13U + 72);             // 13 alphanumeric characters
    EXPECT_EQ(bits_of("HTTPS://TN.GG/"), 13U + 77);            // 14
    EXPECT_EQ(bits_of("http://tn.gg/abcdefghij"), 12U + 184);  // 23 bytes
    EXPECT_EQ(bits_of("01234567"), 14U + 27);  // ISO/IEC 18004:2015 7.4.3, example 1
    EXPECT_EQ(bits_of("AC-42"), 13U + 28);     // 7.4.4, example
    EXPECT_EQ(bits_of("a"), 12U + 8);
}

TEST(Payload, CapacityEdgesOfVersionTwo) {
    const auto version = [](std::size_t length, char c, Level level) {
        return plan(std::string(length, c), level)->version;
    };
    // Level, then how many bytes, alphanumeric characters and digits fit 25 x 25 modules.
    struct Row {
        Level level;
        std::size_t bytes, letters, digits;
    };
    for (const auto& row : {Row{Level::l, 32, 47, 77}, Row{Level::m, 26, 38, 63},
                            Row{Level::q, 20, 29, 48}, Row{Level::h, 14, 20, 34}}) {
        EXPECT_EQ(version(row.bytes, 'a', row.level), 2);
        EXPECT_EQ(version(row.bytes + 1, 'a', row.level), 3);
        EXPECT_EQ(version(row.letters, 'A', row.level), 2);
        EXPECT_EQ(version(row.letters + 1, 'A', row.level), 3);
        EXPECT_EQ(version(row.digits, '7', row.level), 2);
        EXPECT_EQ(version(row.digits + 1, '7', row.level), 3);
    }
}

TEST(Payload, LargestTextsFitVersionForty) {
    EXPECT_EQ(plan(std::string(7089, '1'), Level::l)->version, 40);
    EXPECT_EQ(plan(std::string(4296, 'A'), Level::l)->version, 40);
    EXPECT_EQ(plan(std::string(2953, 'a'), Level::l)->version, 40);
    EXPECT_EQ(plan(std::string(1273, 'a'), Level::h)->version, 40);
}

TEST(Payload, RefusesEmptyAndTooLongTexts) {
    for (const auto& text : {std::string(), std::string(7090, '1'), std::string(4297, 'A'),
                             std::string(2954, 'a'), std::string(1'000'000, 'a')}) {
        const auto payload = plan(text, Level::l);
        ASSERT_FALSE(payload) << text.size();
        EXPECT_EQ(payload.error().parameter, "text");
    }
}

TEST(Payload, NoCutIsShorterThanTheOneFound) {
    std::mt19937 random(1);
    constexpr std::string_view characters = "0019aZ-:";
    for (int round = 0; round < 150; ++round) {
        std::string text;
        for (std::size_t length = 1 + random() % 8; text.size() < length;)
            text += characters[random() % characters.size()];
        const auto payload = plan(text, Level::l);
        EXPECT_EQ(payload->bits, least_bits_by_trial(text, 1)) << text;
        EXPECT_EQ(payload->bits, count_bits(*payload)) << text;
    }
}

TEST(Payload, SegmentsCoverTheTextInOrder) {
    std::mt19937 random(2);
    constexpr std::string_view characters = "0123456789ABCDEFabcdef$%/\xff";
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (std::size_t length = 1 + random() % 600; text.size() < length;)
            text.append(1 + random() % 20, characters[random() % characters.size()]);
        const auto payload = plan(text, Level::l);
        std::size_t covered = 0;
        for (const auto& segment : payload->segments) {
            EXPECT_EQ(segment.begin, covered);
            EXPECT_GT(segment.length, 0U);
            covered += segment.length;
        }
        EXPECT_EQ(covered, text.size());
        EXPECT_EQ(payload->bits, count_bits(*payload));
    }
}

}  // namespace
}  // namespace qr
