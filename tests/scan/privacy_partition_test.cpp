#include "redirector/scan/crc32c.hpp"
#include "redirector/scan/ip_privacy.hpp"
#include "redirector/scan/partition.hpp"
#include "tests/scan/scans.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace redirector::scan {
namespace {

constexpr IpAddress kIpv4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 77};
constexpr IpAddress kIpv6{0x20, 0x01, 0x0d, 0xb8, 0xaa, 0xbb, 0xcc, 0xdd, 1, 2, 3, 4, 5, 6, 7, 8};

TEST(IpPrivacy, FullKeepsEveryBit) {
    EXPECT_EQ(make_private(kIpv4, IpPrivacy::full), kIpv4);
    EXPECT_EQ(make_private(kIpv6, IpPrivacy::full), kIpv6);
}

TEST(IpPrivacy, TruncatedKeeps24BitsOfIpv4And48OfIpv6) {
    const IpAddress v4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 0};
    const IpAddress v6{0x20, 0x01, 0x0d, 0xb8, 0xaa, 0xbb};
    EXPECT_EQ(make_private(kIpv4, IpPrivacy::truncated), v4);
    EXPECT_EQ(make_private(kIpv6, IpPrivacy::truncated), v6);
}

TEST(IpPrivacy, TruncatedDoesNotTakeIpv6ForIpv4) {
    IpAddress almost = kIpv4;
    almost[9] = 1;
    EXPECT_EQ(make_private(almost, IpPrivacy::truncated), IpAddress{});
}

TEST(IpPrivacy, NoneKeepsNothing) {
    EXPECT_FALSE(make_private(kIpv4, IpPrivacy::none));
}

// The table of fields says what is about a person: nothing of that stays, whatever is added to it.
TEST(IpPrivacy, OfAPersonWhoObjectsOnlyTheTimeStays) {
    Scan scan = testing::full_scan();
    leave_out_person(scan);
    const auto bytes = testing::encoded(scan);
    std::size_t fields = 0;
    for (std::size_t at = 0; at < bytes.size(); ++fields) {
        const RecordField& field = kFields[bytes[at] - 1U];
        EXPECT_TRUE(field.name == "time" || field.privacy <= Privacy::account) << field.name;
        ASSERT_LT(bytes[at + 1], 0x80);  // one byte of length: no value here is longer
        at += 2U + bytes[at + 1];
    }
    EXPECT_EQ(fields, 18U);
    EXPECT_EQ(scan.flags, kBot | kDoNotTrack);
}

TEST(IpPrivacy, ReadsItsThreeNames) {
    EXPECT_EQ(parse_ip_privacy("full"), IpPrivacy::full);
    EXPECT_EQ(parse_ip_privacy("truncated"), IpPrivacy::truncated);
    EXPECT_EQ(parse_ip_privacy("none"), IpPrivacy::none);
    EXPECT_FALSE(parse_ip_privacy("Full"));
}

TEST(Partition, HashesLikeRedisCluster) {
    EXPECT_EQ(crc16("123456789"), 0x31c3);  // Redis Cluster specification, appendix A
    EXPECT_EQ(crc16(""), 0);
}

TEST(Partition, SpreadsShortIdsEvenly) {
    std::vector<int> seen(kBuckets);
    for (int i = 0; i < 16'000; ++i)
        ++seen[bucket_of("AB" + std::to_string(i * 7919))];
    for (const int n : seen)
        EXPECT_NEAR(n, 1000, 200);
}

TEST(Partition, KeysOfAPartitionShareTheirHashTag) {
    const Partition partition{"UAcc", 11};
    EXPECT_EQ(stream_key(partition), "s:{UAcc:11}");
    EXPECT_EQ(hits_key(partition), "h:{UAcc:11}");
    EXPECT_EQ(marks_key(partition), "m:{UAcc:11}");
    EXPECT_EQ(epoch_key("abc"), "n:{abc}");
}

TEST(Crc32c, HasTheValuesOfRfc3720) {
    const std::vector<std::uint8_t> zeros(32, 0);
    const std::vector<std::uint8_t> ones(32, 0xff);
    for (const auto sum : {crc32c, crc32c_portable}) {
        EXPECT_EQ(sum(0, zeros), 0x8a9136aaU);
        EXPECT_EQ(sum(0, ones), 0x62a8ab43U);
        EXPECT_EQ(sum(0, {}), 0U);
    }
}

TEST(Crc32c, GoesOnWhereItStopped) {
    std::vector<std::uint8_t> bytes;
    for (unsigned i = 0; i < 300; ++i)
        bytes.push_back(static_cast<std::uint8_t>(i * 37));
    const std::uint32_t whole = crc32c_portable(0, bytes);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        const std::span<const std::uint8_t> all(bytes);
        EXPECT_EQ(crc32c(crc32c(0, all.first(cut)), all.subspan(cut)), whole) << cut;
    }
}

}  // namespace
}  // namespace redirector::scan
