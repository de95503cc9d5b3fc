#include "rules/number.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace rules {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Number, ReadsIntegersExactlyAndTheRestAsDoubles) {
    EXPECT_EQ(parse_number("9223372036854775807")->integer, INT64_MAX);
    EXPECT_EQ(parse_number("-9223372036854775808")->integer, INT64_MIN);
    EXPECT_TRUE(parse_number("007")->exact);
    EXPECT_FALSE(parse_number("7.0")->exact);
    EXPECT_FALSE(parse_number("9223372036854775808")->exact);
    EXPECT_EQ(parse_number("9223372036854775808")->real, 9223372036854775808.0);
    EXPECT_EQ(parse_number("-2.5e-3")->real, -0.0025);
    EXPECT_EQ(parse_number("1E+2")->real, 100);
}

TEST(Number, RefusesEverythingElse) {
    for (const char* text : {"", "-", "+1", "1.", ".5", "1e", "1e+", "1e1000", "0x10", "1 ", " 1",
                             "nan", "inf", "1,5", "--1", "1.2.3", "1e5.5"}) {
        EXPECT_FALSE(parse_number(text).has_value()) << text;
    }
}

TEST(Number, BeyondADoubleIsInfiniteOrZero) {
    EXPECT_EQ(parse_number("1e999")->real, kInfinity);
    EXPECT_EQ(parse_number("-1e999")->real, -kInfinity);
    EXPECT_EQ(parse_number("1e-999")->real, 0);
    EXPECT_EQ(parse_number("0.001e999")->real, kInfinity);
    EXPECT_EQ(parse_number("1000e-999")->real, 0);
    EXPECT_EQ(parse_number(std::string(400, '9'))->real, kInfinity);
    EXPECT_EQ(parse_number(std::string(400, '9') + "e-5")->real, kInfinity);
    EXPECT_EQ(parse_number("0." + std::string(400, '0') + "1")->real, 0);
    EXPECT_EQ(parse_number("0." + std::string(400, '0') + "1e+5")->real, 0);
}

TEST(Number, ComparesIntegersExactly) {
    const Number large = integer_number(9'007'199'254'740'993);
    EXPECT_TRUE(compare(large, integer_number(9'007'199'254'740'992)) > 0);
    EXPECT_TRUE(compare(large, real_number(9'007'199'254'740'992.0)) == 0);
    EXPECT_TRUE(compare(integer_number(1), real_number(1.5)) < 0);
}

TEST(Number, IsWrittenInItsShortestForm) {
    const auto shown = [](const Number& number) {
        std::array<char, 32> buffer{};
        return std::string(format_number(number, buffer));
    };
    EXPECT_EQ(shown(integer_number(INT64_MIN)), "-9223372036854775808");
    EXPECT_EQ(shown(real_number(1e14)), "100000000000000");
    EXPECT_EQ(shown(real_number(-1e15)), "-1e+15");
    EXPECT_EQ(shown(real_number(0.1)), "0.1");
    EXPECT_EQ(shown(real_number(-1.7976931348623157e308)), "-1.7976931348623157e+308");
    EXPECT_EQ(shown(real_number(-0.0)), "0");
}

}  // namespace
}  // namespace rules
