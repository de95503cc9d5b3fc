#include "redirector/action_export.hpp"

#include <gtest/gtest.h>

#include <string>

namespace redirector {
namespace {

ExportPlace somewhere() {
    ExportPlace place;
    place.account = "UAccount0000000000000000";
    place.bytes = 12'345;
    place.last[0] = {1'700'000'000'000, 3};
    place.last[15] = {1'700'000'000'001, 0};
    return place;
}

TEST(ExportPlace, ComesBackAsItWasWritten) {
    EXPECT_EQ(parse_export_place(to_text(somewhere())), somewhere());
}

TEST(ExportPlace, ThatIsCutOrForeignIsRefused) {
    const std::string text = to_text(somewhere());
    for (std::size_t size = 0; size + 4 < text.size(); ++size)
        EXPECT_FALSE(parse_export_place(text.substr(0, size))) << size;
    EXPECT_FALSE(parse_export_place(text + "1-1\n"));
    EXPECT_FALSE(parse_export_place("{\"account\":1}"));
    std::string minus = text;
    minus.replace(minus.find("12345"), 5, "-1");
    EXPECT_FALSE(parse_export_place(minus));
}

}  // namespace
}  // namespace redirector
