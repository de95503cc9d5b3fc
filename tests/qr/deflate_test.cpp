#include "qr/deflate.hpp"

#include "qr/checksum.hpp"
#include "qr/huffman.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>
#include <zlib.h>

namespace qr {
namespace {

struct Lines {
    std::size_t stride;
    std::vector<std::uint8_t> bytes;  // with the read-ahead
    std::vector<int> repeats;

    [[nodiscard]] std::string unpacked() const {
        std::string all;
        for (std::size_t i = 0; i < repeats.size(); ++i)
            for (int time = 0; time < repeats[i]; ++time)
                all.append(reinterpret_cast<const char*>(bytes.data()) + i * stride, stride);
        return all;
    }
};

// What zlib makes of the stream; its checksum is verified too. "" when zlib refuses it.
std::string inflated(const std::string& stream, std::size_t size) {
    std::string out(size, '\0');
    auto length = static_cast<uLongf>(size);
    const int status = uncompress(reinterpret_cast<Bytef*>(out.data()), &length,
                                  reinterpret_cast<const Bytef*>(stream.data()), stream.size());
    return status == Z_OK && length == size ? out : std::string();
}

void expect_round_trip(const Lines& lines) {
    std::string stream = "kept";
    append_zlib(lines.bytes, lines.stride, lines.repeats, stream);
    ASSERT_TRUE(stream.starts_with("kept"));
    const std::string all = lines.unpacked();
    ASSERT_EQ(inflated(stream.substr(4), all.size()), all)
        << lines.stride << " x " << lines.repeats.size();
}

Lines random_lines(std::mt19937& random,
                   std::size_t stride,
                   std::size_t count,
                   unsigned values,
                   int most_repeats) {
    Lines lines{stride, {}, {}};
    for (std::size_t i = 0; i < count; ++i)
        lines.repeats.push_back(
            static_cast<int>(random() % static_cast<unsigned>(most_repeats + 1)));
    lines.repeats[0] = 1;
    while (lines.bytes.size() < stride * count) {
        const auto value = static_cast<std::uint8_t>(random() % values);
        lines.bytes.insert(lines.bytes.end(), 1 + random() % 9, value);
        // Now and then a stretch of the line above.
        for (std::size_t run = random() % 12; run > 0 && lines.bytes.size() > stride; --run)
            lines.bytes.push_back(lines.bytes[lines.bytes.size() - stride]);
    }
    lines.bytes.resize(stride * count);
    lines.bytes.resize(stride * count + kReadAhead, 0xa5);
    return lines;
}

TEST(Deflate, ZlibReadsLinesOfEveryKind) {
    std::mt19937 random(7);
    for (int round = 0; round < 1500; ++round) {
        const std::size_t stride = 3 + random() % (round % 10 == 0 ? 320 : 40);
        const unsigned values = round % 3 == 0 ? 2 : round % 3 == 1 ? 12 : 256;
        expect_round_trip(
            random_lines(random, stride, 1 + random() % 30, values, round % 4 == 0 ? 1 : 30));
    }
}

TEST(Deflate, RepeatsOfEveryCount) {
    std::mt19937 random(8);
    for (int repeats = 1; repeats < 300; ++repeats) {
        Lines lines = random_lines(random, 3 + static_cast<std::size_t>(repeats) % 5, 3, 4, 2);
        lines.repeats = {1, repeats, 2};
        expect_round_trip(lines);
    }
    Lines tall = random_lines(random, 4, 2, 4, 1);
    tall.repeats = {2400, 2400};
    expect_round_trip(tall);
}

TEST(Deflate, FillsTheWindow) {
    std::mt19937 random(9);
    expect_round_trip(random_lines(random, 32768, 3, 3, 2));
}

TEST(Deflate, PlainLinesTakeFewBytes) {
    Lines lines{101, std::vector<std::uint8_t>(101 + kReadAhead, 0xff), {800}};
    std::string stream;
    append_zlib(lines.bytes, lines.stride, lines.repeats, stream);
    EXPECT_LT(stream.size(), 330U);  // 313 matches of seven bits, and the head
    expect_round_trip(lines);
}

TEST(Huffman, CodesAreCompleteAndWithinTheLimit) {
    std::mt19937 random(10);
    for (int round = 0; round < 2000; ++round) {
        const int limit = round % 2 == 0 ? 7 : 15;
        std::vector<std::uint32_t> frequencies(limit == 7 ? 19 : 2 + random() % 285);
        // Powers of two and Fibonacci-like growth ask for codes longer than the limit.
        std::uint32_t weight = 1;
        for (auto& frequency : frequencies) {
            frequency = static_cast<std::uint32_t>(round % 3 == 0 ? random() % 50 : weight);
            weight = std::min(60'000'000U,
                              weight + weight / 2 + static_cast<std::uint32_t>(random() % 2));
        }
        frequencies[0] = frequencies[1] = 1;
        std::vector<Code> codes(frequencies.size());
        make_codes(frequencies, limit, codes);
        std::uint32_t used = 0;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            ASSERT_EQ(codes[i].length != 0, frequencies[i] != 0);
            ASSERT_LE(codes[i].length, limit);
            if (codes[i].length != 0) used += 1U << (limit - codes[i].length);
        }
        ASSERT_EQ(used, 1U << limit);
    }
}

TEST(Huffman, FrequentSymbolsGetShortCodes) {
    const std::vector<std::uint32_t> frequencies{45, 13, 12, 16, 9, 5};
    std::vector<Code> codes(6);
    make_codes(frequencies, 15, codes);
    const std::vector<int> lengths{codes[0].length, codes[1].length, codes[2].length,
                                   codes[3].length, codes[4].length, codes[5].length};
    EXPECT_EQ(lengths, (std::vector<int>{1, 3, 3, 3, 4, 4}));
}

TEST(Huffman, ASymbolAloneGetsOneBit) {
    const std::vector<std::uint32_t> frequencies{0, 7, 0};
    std::vector<Code> codes(3);
    make_codes(frequencies, 7, codes);
    EXPECT_EQ(codes[1].length, 1);
    EXPECT_EQ(codes[0].length, 0);
}

TEST(Checksums, EqualZlibs) {
    std::mt19937 random(11);
    for (std::size_t size = 0; size < 300; ++size) {
        std::string bytes;
        while (bytes.size() < size)
            bytes += static_cast<char>(random());
        const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
        EXPECT_EQ(qr::crc32(bytes), ::crc32(0, data, static_cast<uInt>(size)));
        const std::size_t times = random() % 2400;
        Adler32 sum;
        auto expected = ::adler32(0, nullptr, 0);
        for (int line = 0; line < 2; ++line) {
            sum.add({reinterpret_cast<const std::uint8_t*>(data), size}, times);
            for (std::size_t i = 0; i < times; ++i)
                expected = ::adler32(expected, data, static_cast<uInt>(size));
        }
        EXPECT_EQ(sum.value(), expected);
    }
}

}  // namespace
}  // namespace qr
