#include "redirector/logo_codes.hpp"

#include "redirector/picture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace redirector {
namespace {

std::string picture(int width, int height) {
    std::vector<std::uint8_t> rgba;
    for (int i = 0; i < width * height; ++i)
        rgba.insert(rgba.end(), {0xd0, 0x10, 0x10, 0xff});
    return write_png(width, height, rgba);
}

qr::LabelOrder order_with_logo() {
    qr::LabelOrder order;
    order.style.logo = *read_logo(picture(64, 48));
    return order;
}

std::string url(int number) {
    return "https://TN.GG/ABCDEF" + std::to_string(1000 + number);
}

TEST(Logo, IsAPngOfItsSizes) {
    EXPECT_EQ((*read_logo(picture(8, 8)))->width(), 8);
    EXPECT_EQ((*read_logo(picture(500, 250)))->height(), 64);
    const std::string whole = picture(64, 64);
    for (const std::string& file : {std::string(), std::string("\xff\xd8\xff\xe0 a JPEG"),
                                    whole.substr(0, whole.size() / 2), picture(4, 64)}) {
        const auto refused = read_logo(file);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().parameter, "logo");
        EXPECT_TRUE(refused.error().message.starts_with("logo ")) << refused.error().message;
    }
}

TEST(DrawReadable, TellsWhatCannotBeDrawnFromWhatCannotBeRead) {
    std::string out;
    qr::Style style = order_with_logo().style;
    for (const qr::Format format : {qr::Format::png, qr::Format::pdf}) {
        EXPECT_FALSE(draw_readable(url(1), style, format, out));
        EXPECT_TRUE(out.starts_with(format == qr::Format::png ? "\x89PNG" : "%PDF"));
    }
    style.width = style.height = 30;
    const auto small = draw_readable(url(1), style, qr::Format::pdf, out);
    ASSERT_TRUE(small);
    EXPECT_FALSE(small->unreadable);
    EXPECT_EQ(small->problem.parameter, "w");
    style.width = style.height = 42;  // modules of a pixel, of which readers make little
    int unreadable = 0;
    for (int number = 0; number < 20; ++number) {
        const auto refused = draw_readable(url(number), style, qr::Format::svg, out);
        if (!refused) continue;
        EXPECT_TRUE(refused->unreadable);
        EXPECT_EQ(refused->problem.parameter, "logo");
        ++unreadable;
    }
    EXPECT_GT(unreadable, 0);
}

TEST(LabelTrial, ReadsEachTextOnceAndABoundedNumber) {
    LabelTrial trial(order_with_logo(), 3);
    for (const int number : {1, 2, 1, 3, 3, 2, 1})
        EXPECT_FALSE(trial.check(url(number)));
    const auto refused = trial.check(url(4));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->parameter, "logo");
    EXPECT_NE(refused->message.find("at most 3 "), std::string::npos);
    EXPECT_FALSE(trial.check(url(2)));

    LabelTrial plain(qr::LabelOrder{}, 3);
    for (int number = 0; number < 10; ++number)
        EXPECT_FALSE(plain.check(url(number)));
}

TEST(LabelTrial, TriesImagesOfAZipAtTheirOwnSizeWhereThatIsSmall) {
    qr::LabelOrder order = order_with_logo();
    order.zip = true;
    const auto count_refused = [&order](int size) {
        order.style.width = order.style.height = size;
        LabelTrial trial(order);
        int refused = 0;
        for (int number = 0; number < 20; ++number)
            refused += trial.check(url(number)) ? 1 : 0;
        return refused;
    };
    EXPECT_GT(count_refused(42), 0);
    EXPECT_EQ(count_refused(120), 0);
    EXPECT_EQ(count_refused(800), 0);
}

}  // namespace
}  // namespace redirector
