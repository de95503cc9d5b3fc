#include "redirector/cached_logo.hpp"

#include "redirector/picture.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace redirector {
namespace {

std::shared_ptr<const qr::Logo> make_logo(int width, int height) {
    std::vector<std::uint8_t> rgba;
    for (int i = 0; i < 4 * width * height; ++i)
        rgba.push_back(static_cast<std::uint8_t>(i * 7));
    return *qr::Logo::make(width, height, rgba);
}

TEST(CachedLogo, IsReadBackAsItWasWritten) {
    const auto logo = make_logo(128, 8);
    const std::string record = encode_logo(*logo);
    EXPECT_EQ(record.size(), 5U + 4 * 128 * 8);
    const auto read = decode_logo(record);
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->width(), 128);
    EXPECT_EQ(read->height(), 8);
    EXPECT_EQ(read->hash(), logo->hash());
    EXPECT_GE(CachedLogo(read).bytes(), logo->rgba().size());
}

TEST(CachedLogo, IsNoneOfAnyOtherLengthVersionOrSize) {
    const std::string record = encode_logo(*make_logo(8, 9));
    for (std::size_t length = 0; length < record.size(); ++length)
        EXPECT_EQ(decode_logo(record.substr(0, length)), nullptr) << length;
    EXPECT_EQ(decode_logo(record + 'x'), nullptr);
    std::string other = record;
    other[0] = 2;
    EXPECT_EQ(decode_logo(other), nullptr);
    std::string large(5 + 4 * 129 * 8, '\0');
    large[0] = 1;
    large[1] = static_cast<char>(129);
    large[3] = 8;
    EXPECT_EQ(decode_logo(large), nullptr);
}

TEST(Pictures, AreReadBackAsTheyWereWritten) {
    const auto logo = make_logo(20, 30);
    const std::string file = write_png(logo->width(), logo->height(), logo->rgba());
    const auto picture = read_png(file);
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->width, 20);
    EXPECT_EQ(picture->height, 30);
    for (std::size_t i = 3; i < picture->rgba.size(); i += 4)
        EXPECT_EQ(picture->rgba[i], logo->rgba()[i]);
}

TEST(Pictures, ThatAreCutShortAreRefused) {
    const auto logo = make_logo(20, 30);
    const std::string file = write_png(logo->width(), logo->height(), logo->rgba());
    for (std::size_t length = 0; length + 16 < file.size(); ++length)
        EXPECT_FALSE(read_png(file.substr(0, length))) << length;
}

TEST(Pictures, WithoutACodeSayNothing) {
    const auto logo = make_logo(100, 100);
    EXPECT_EQ(read_code(write_png(100, 100, logo->rgba())), "");
    EXPECT_EQ(read_code("no picture"), "");
}

}  // namespace
}  // namespace redirector
