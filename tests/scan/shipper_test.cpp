#include "redirector/scan/shipper.hpp"

#include "redirector/scan/spool_parts.hpp"
#include "redirector/scan/partition.hpp"
#include "tests/scan/shipped.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace redirector::scan {
namespace {

using namespace std::chrono_literals;
using testing::difference;
using testing::kAccount;
using testing::lost_track;
using testing::plain_scan;
using testing::quick_shipper;
using testing::quick_spool;
using testing::recorded;
using testing::settled;
using testing::Shipped;
using testing::Shipping;

// ---- the plain way

TEST_F(Shipped, EveryScanArrivesOnceAndHitsAgree) {
    const auto shipping = ship();
    shipping->append(1, 5000);
    ASSERT_TRUE(shipping->wait());
    EXPECT_EQ(difference(redis_, 5000), "");
    const Counters counters = shipping->counters();
    EXPECT_EQ(counters.appended, 5000U);
    EXPECT_EQ(counters.shipped, 5000U);
    EXPECT_EQ(counters.recorded, 5000U);
    EXPECT_EQ(lost_track(counters, 5000), 0);
    EXPECT_EQ(counters.spooled_bytes, 0U);
    EXPECT_EQ(counters.oldest_ms, 0U);
    EXPECT_EQ(counters.retried, 0U);
}

TEST_F(Shipped, EachPartitionKeepsTheOrderOfItsScans) {
    const auto shipping = ship();
    shipping->append(1, 3000, 1);
    ASSERT_TRUE(shipping->wait());
    const Partition partition{std::string(kAccount), bucket_of("S0")};
    std::uint64_t expected = 0;
    const std::string all = client_.ask({"XRANGE", stream_key(partition), "-", "+"});
    EXPECT_FALSE(all.empty());
    for (const auto& [time, count] : recorded(redis_).times)
        EXPECT_EQ(time, ++expected);
    EXPECT_EQ(client_.ask({"HGET", hits_key(partition), "S0"}), "3000");
    const Identity& identity = shipping->spool().parts().identity;
    EXPECT_EQ(client_.ask({"HGET", marks_key(partition), identity.node + ".0"}),
              std::to_string(identity.epoch) + "-3000");
}

TEST_F(Shipped, ScansAreThereSoonAfterTheyWereAppended) {
    const auto shipping = ship();
    shipping->append(1, 1);
    EXPECT_TRUE(shipping->wait(500ms));
}

TEST_F(Shipped, LanesOfOneSpoolShareAPartition) {
    SpoolOptions options = spool();
    options.lanes = 3;
    Shipping shipping(options, redis_.socket());
    std::vector<std::thread> threads;
    for (unsigned lane = 0; lane < 3; ++lane)
        threads.emplace_back(
            [&, lane] { shipping.append(lane * 1000 + 1, lane * 1000 + 1000, 5, lane); });
    for (std::thread& thread : threads)
        thread.join();
    ASSERT_TRUE(shipping.wait());
    EXPECT_EQ(difference(redis_, 3000), "");
}

TEST_F(Shipped, TwoNodesShareAPartition) {
    Shipping one(quick_spool(folder_.path() / "one"), redis_.socket());
    Shipping two(quick_spool(folder_.path() / "two"), redis_.socket());
    std::thread other([&] { two.append(2001, 4000, 3); });
    one.append(1, 2000, 3);
    other.join();
    ASSERT_TRUE(one.wait());
    ASSERT_TRUE(two.wait());
    EXPECT_EQ(difference(redis_, 4000), "");
}

TEST_F(Shipped, RecordsShareEntriesUnderLoad) {
    {
        Shipping away(spool(), "/nowhere");
        away.append(1, 3200, 1);
    }
    const auto shipping = ship();
    EXPECT_EQ(settled(redis_, 3200), "");
    const auto all = recorded(redis_);
    EXPECT_EQ(all.entries, 200U);
}

// ---- refusals

TEST_F(Shipped, OnePartitionThatRefusesHoldsUpNoOther) {
    for (const std::string wrong : {"s", "h", "m"}) {
        client_.ask({"FLUSHALL"});
        const Partition bad{std::string(kAccount), bucket_of("S0")};
        const std::string key = wrong + stream_key(bad).substr(1);
        client_.ask({"SET", key, "x"});
        Shipping shipping(quick_spool(folder_.path() / wrong), redis_.socket());
        shipping.append(1, 500);
        const auto others = [&] {
            const Counters counters = shipping.counters();
            return counters.behind == 1 && counters.shipped + counters.spooled == 500 &&
                   counters.spooled < 100;
        };
        const auto until = std::chrono::steady_clock::now() + 5s;
        while (!others() && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(5ms);
        EXPECT_TRUE(others()) << wrong;
        client_.ask({"DEL", key});
        ASSERT_TRUE(shipping.wait());
        EXPECT_EQ(difference(redis_, 500), "") << wrong;
        EXPECT_EQ(shipping.counters().behind, 0U);
    }
}

TEST_F(Shipped, WaitsForARedisThatMayNotWrite) {
    const auto shipping = ship();
    shipping->append(1, 100);
    ASSERT_TRUE(shipping->wait());
    client_.ask({"CONFIG", "SET", "maxmemory", "1"});
    shipping->append(101, 200);
    EXPECT_FALSE(shipping->wait(200ms));
    client_.ask({"CONFIG", "SET", "maxmemory", "0"});
    ASSERT_TRUE(shipping->wait());
    EXPECT_EQ(difference(redis_, 200), "");
}

// ---- the end of segments

std::size_t segments_in(const std::filesystem::path& directory) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory))
        count += entry.path().extension() == ".seg";
    return count;
}

TEST_F(Shipped, SegmentsGoWhenShippedAndOldEnough) {
    ShipperOptions options = quick_shipper();
    options.keep = 0ms;
    const auto shipping = ship(options);
    shipping->append(1, 4000);
    ASSERT_TRUE(shipping->wait());
    const auto until = std::chrono::steady_clock::now() + 5s;
    while (shipping->counters().disk_bytes > 3 * spool().segment_bytes &&
           std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(5ms);
    EXPECT_EQ(segments_in(spool().directory), 3U);
    EXPECT_EQ(shipping->counters().disk_bytes, 3 * spool().segment_bytes);
    EXPECT_EQ(shipping->counters().cut_short, 0U);
    EXPECT_EQ(difference(redis_, 4000), "");
}

TEST_F(Shipped, SegmentsStayWhileYoungOrNotShipped) {
    const auto shipping = ship();
    shipping->append(1, 4000);
    ASSERT_TRUE(shipping->wait());
    std::this_thread::sleep_for(1200ms);
    EXPECT_GT(segments_in(spool().directory), 15U);
    ShipperOptions at_once = quick_shipper();
    at_once.keep = 0ms;
    Shipping away(quick_spool(folder_.path() / "away"), "/nowhere", at_once);
    away.append(1, 4000);
    std::this_thread::sleep_for(1200ms);
    EXPECT_GT(segments_in(folder_.path() / "away"), 15U);
}

TEST_F(Shipped, YoungSegmentsMakeRoomBeforeScansAreDropped) {
    SpoolOptions options = spool();
    options.max_bytes = 8 * options.segment_bytes;
    Shipping shipping(options, redis_.socket());
    shipping.append(1, 8000);
    ASSERT_TRUE(shipping.wait());
    EXPECT_GT(shipping.counters().cut_short, 10U);
    EXPECT_EQ(difference(redis_, 8000), "");
}

TEST_F(Shipped, FullSpoolEmptiesWhenRedisComesBack) {
    redis_.kill();
    SpoolOptions options = spool();
    options.max_bytes = 6 * options.segment_bytes;
    Shipping shipping(options, redis_.socket());
    std::uint64_t kept = 0;
    Writer& writer = shipping.spool().writer(0);
    const auto until = std::chrono::steady_clock::now() + 300ms;
    while (std::chrono::steady_clock::now() < until)
        kept += writer.append(plain_scan("S1", kept + 1)) == Appended::stored;
    EXPECT_FALSE(shipping.spool().accepting());
    const Counters full = shipping.counters();
    EXPECT_GT(full.dropped, 0U);
    EXPECT_EQ(full.spooled, kept);
    EXPECT_EQ(full.unaccounted(kept + full.dropped), 0);
    redis_.start();
    ASSERT_TRUE(shipping.wait());
    shipping.append(kept + 1, kept + 2000);
    ASSERT_TRUE(shipping.wait());
    EXPECT_TRUE(shipping.spool().accepting());
    EXPECT_EQ(recorded(redis_).records, kept + 2000);
}

TEST_F(Shipped, OfLevelMemoryShipsAndForgets) {
    SpoolOptions options = spool();
    options.durability = Durability::memory;
    options.max_bytes = 8 * options.segment_bytes;
    Shipping shipping(options, redis_.socket());
    shipping.append(1, 6000);
    ASSERT_TRUE(shipping.wait());
    EXPECT_EQ(difference(redis_, 6000), "");
    EXPECT_EQ(shipping.counters().cut_short, 0U);
}

}  // namespace
}  // namespace redirector::scan
