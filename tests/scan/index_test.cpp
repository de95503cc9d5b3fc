#include "redirector/scan/index.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace redirector::scan {
namespace {

constexpr StreamId kId{1'700'000'000'000, 2};

TEST(IndexMember, HasTheDocumentedForm) {
    EXPECT_EQ(index_member(kId), "018bcfe5680000000002");
    EXPECT_EQ(parse_index_member("018bcfe5680000000002"), kId);
}

TEST(IndexMember, IsOrderedAsTheStreamIs) {
    const StreamId ids[] = {{9, 0}, {9, 1}, {9, 16}, {10, 0}, {0xffff'ffff'ffff, 0xffff'ffff}};
    for (std::size_t i = 1; i < std::size(ids); ++i)
        EXPECT_LT(index_member(ids[i - 1]), index_member(ids[i]));
}

TEST(IndexMember, IsRefusedInAnyOtherForm) {
    for (const std::string& text : {std::string(), std::string(19, '0'), std::string(21, '0'),
                                    std::string(20, 'g'), "+" + std::string(19, '0')})
        EXPECT_FALSE(parse_index_member(text)) << text;
}

TEST(IndexMember, RangesTakeInWhatTheySay) {
    const std::string value = "\xff\xff\x7f and what follows";
    const std::string member = index_member(kId);
    // As Redis compares, behind the sign.
    const auto end = [](const std::string& bound) { return bound.substr(1); };
    EXPECT_EQ(members_from(kId), "[" + member);
    EXPECT_GE(end(members_up_to(kId)), member + value);
    EXPECT_LT(end(members_up_to(kId)), index_member({kId.ms, kId.seq + 1}));
    EXPECT_EQ(members_before(kId), "(" + member);
    const std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
    EXPECT_GE(end(members_up_to({kId.ms, top})), index_member({kId.ms, 0xffff'ffff}) + value);
}

TEST(Remains, AreAnIdAndAValue) {
    const std::string member = index_member(kId) + std::string("\x03xyz\0", 5);
    const auto remains = parse_remains(member);
    ASSERT_TRUE(remains);
    EXPECT_EQ(remains->id, kId);
    EXPECT_EQ(remains->value, std::string_view("\x03xyz\0", 5));
    EXPECT_FALSE(parse_remains("018bcfe5"));
    EXPECT_FALSE(parse_remains(std::string(30, 'x')));
}

}  // namespace
}  // namespace redirector::scan
