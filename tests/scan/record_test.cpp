#include "redirector/scan/record.hpp"

#include "tests/scan/scans.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace redirector::scan {
namespace {

using testing::encoded;
using testing::full_scan;
using Bytes = std::vector<std::uint8_t>;

TEST(Record, GivesBackEveryField) {
    const Scan scan = full_scan();
    const Bytes bytes = encoded(scan);
    const auto back = decode(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, scan);
}

TEST(Record, HasTheBytesOfTheDocumentedExample) {
    Scan scan;
    scan.time_ms = 1000;
    scan.short_id = "ABCD";
    scan.flags = kDoNotTrack;
    const Bytes expected{0x01, 0x02, 0xe8, 0x03, 0x03, 0x04, 'A', 'B', 'C', 'D', 0x12, 0x01, 0x02};
    EXPECT_EQ(encoded(scan), expected);
}

TEST(Record, LeavesOutWhatIsNotKnown) {
    EXPECT_EQ(encoded_size(Scan{}), 0U);
    Scan scan;
    scan.action_type = kImplicitScans;
    EXPECT_EQ(encoded_size(scan), 0U);
}

TEST(Record, WithImplicitScansWrittenOutReadsAsWithout) {
    Bytes bytes{7, 13};
    bytes.insert(bytes.end(), kImplicitScans.begin(), kImplicitScans.end());
    ASSERT_TRUE(decode(bytes));
    EXPECT_EQ(*decode(bytes), Scan{});
}

TEST(Record, TellsZeroDegreesFromNoPlace) {
    Scan scan;
    scan.coordinates = Coordinates{0, 0};
    const Bytes bytes = encoded(scan);
    ASSERT_TRUE(decode(bytes));
    EXPECT_EQ(decode(bytes)->coordinates, scan.coordinates);
    EXPECT_FALSE(decode({})->coordinates);
}

TEST(Record, WritesNoPlaceThatIsNotOnEarth) {
    for (const Coordinates place :
         {Coordinates{91, 0}, Coordinates{0, -180.5}, Coordinates{0.0 / 0.0, 1}}) {
        Scan scan;
        scan.coordinates = place;
        EXPECT_EQ(encoded_size(scan), 0U) << place.latitude << ' ' << place.longitude;
    }
}

TEST(Record, KeepsIpv6AddressesWhole) {
    Scan scan;
    scan.client_ip = IpAddress{0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const Bytes bytes = encoded(scan);
    EXPECT_EQ(bytes.size(), 18U);
    EXPECT_EQ(decode(bytes)->client_ip, scan.client_ip);
}

TEST(Record, SkipsFieldsOfNewerVersions) {
    Bytes bytes = encoded(full_scan());
    const Bytes newer{60, 3, 'n', 'e', 'w', 200, 0x80, 0x01};
    bytes.insert(bytes.end(), newer.begin(), newer.end());
    bytes.insert(bytes.end(), 128, 'x');
    ASSERT_TRUE(decode(bytes));
    EXPECT_EQ(*decode(bytes), full_scan());
}

TEST(Record, CutsTextsAtTheirBoundBetweenCharacters) {
    std::string agent(511, 'a');
    agent += "\xc3\xbc and more";  // the bound of 512 lies within the character
    Scan scan;
    scan.user_agent = agent;
    const Bytes bytes = encoded(scan);
    ASSERT_TRUE(decode(bytes));
    EXPECT_EQ(decode(bytes)->user_agent, std::string(511, 'a'));
}

TEST(Record, StaysWithinItsBoundWhateverItIsGiven) {
    const std::string huge(100'000, 'x');
    Scan scan = full_scan();
    for (std::string_view* text : {&scan.account,      &scan.short_id,
                                   &scan.evrythng_id,  &scan.product,
                                   &scan.action_type,  &scan.user_agent,
                                   &scan.referer,      &scan.accept_language,
                                   &scan.country,      &scan.region,
                                   &scan.city,         &scan.time_zone,
                                   &scan.redirect_url, &scan.reaction_context,
                                   &scan.project,      &scan.application,
                                   &scan.user,         &scan.tags,
                                   &scan.identifiers,  &scan.custom_fields,
                                   &scan.place,        &scan.device,
                                   &scan.scopes})
        *text = huge;
    scan.time_ms = ~0ULL;
    scan.rule = ~0U;
    const Bytes bytes = encoded(scan);
    EXPECT_LE(bytes.size(), kMaxRecord);
    ASSERT_TRUE(decode(bytes));
    EXPECT_EQ(decode(bytes)->redirect_url.size(), 8192U);
    EXPECT_EQ(decode(bytes)->rule, ~0U);
}

TEST(Record, RefusesWhatEncodeNeverMakes) {
    const std::vector<Bytes> bad{
        {1},                                     // no length
        {1, 2, 0},                               // cut value
        {3, 1, 'a', 2, 1, 'b'},                  // out of order
        {3, 1, 'a', 3, 1, 'b'},                  // twice
        {0, 1, 'a'},                             // no such number
        {12, 3, 'C', 'H', 'E'},                  // over the bound
        {3, 0x81, 0x00, 'a'},                    // length in more bytes than it needs
        {3, 0x80, 0x80, 0x80, 0x01, 'a'},        // length of four bytes
        {5, 1, 9},                               // no such resource type
        {29, 1, 3},                              // no such source of a location
        {8, 3, 1, 2, 3},                         // no address
        {17, 1, 2},                              // longitude alone
        {16, 4, 0xff, 0xff, 0xff, 0xff, 17, 0},  // not on earth
    };
    for (const Bytes& bytes : bad)
        EXPECT_FALSE(decode(bytes)) << ::testing::PrintToString(bytes);
}

TEST(Record, IsRefusedWhenCutAnywhereButBetweenFields) {
    const Bytes bytes = encoded(full_scan());
    std::size_t whole = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size)
        whole += decode({bytes.data(), size}).has_value();
    EXPECT_EQ(whole, kFieldCount - 0U);  // the empty one, and one behind each field but the last
}

TEST(Record, TableIsInOrderAndFitsTheLargestRecord) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < kFieldCount; ++i) {
        EXPECT_EQ(kFields[i].number, i + 1);
        sum += kFields[i].bound + 4U;
    }
    EXPECT_LE(sum, kMaxRecord);
}

TEST(CutUtf8, NeverCutsACharacter) {
    const std::string text = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80";  // 1, 2, 3 and 4 bytes
    const std::size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
    for (std::size_t bound = 0; bound <= text.size(); ++bound)
        EXPECT_EQ(cut_utf8(text, bound).size(), ends[bound]) << bound;
}

TEST(CutUtf8, CutsBytesThatAreNoUtf8AtTheBound) {
    EXPECT_EQ(cut_utf8(std::string(20, '\x80'), 7).size(), 7U);
}

}  // namespace
}  // namespace redirector::scan
