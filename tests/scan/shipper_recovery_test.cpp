// Redis or this process dies, stalls, comes back older: each scan arrives once all the same.
#include "redirector/scan/partition.hpp"
#include "redirector/scan/segment_file.hpp"
#include "redirector/scan/spool_parts.hpp"
#include "tests/scan/shipped.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <thread>

namespace redirector::scan {
namespace {

using namespace std::chrono_literals;
using testing::Child;
using testing::difference;
using testing::kAccount;
using testing::lost_track;
using testing::quick_spool;
using testing::recorded;
using testing::settled;
using testing::Shipped;
using testing::Shipping;

// ---- Redis dies, stalls, comes back older

TEST_F(Shipped, SurvivesRedisKilledAgainAndAgain) {
    const auto shipping = ship();
    std::thread writer([&] {
        for (std::uint64_t n = 1; n <= 12'000; n += 100) {
            shipping->append(n, n + 99);
            std::this_thread::sleep_for(3ms);
        }
    });
    for (int i = 0; i < 4; ++i) {
        std::this_thread::sleep_for(50ms);
        redis_.kill();
        redis_.start();
    }
    writer.join();
    ASSERT_TRUE(shipping->wait());
    EXPECT_EQ(difference(redis_, 12'000), "");
    EXPECT_EQ(lost_track(shipping->counters(), 12'000), 0);
    EXPECT_EQ(shipping->counters().shipped, 12'000U + shipping->counters().reshipped);
}

// The batch in the stopped server's socket is run after the shipper has given it up.
TEST_F(Shipped, TakesNothingTwiceFromABatchThatItHadGivenUp) {
    const auto shipping = ship();
    shipping->append(1, 500);
    ASSERT_TRUE(shipping->wait());
    for (int i = 0; i < 3; ++i) {
        std::this_thread::sleep_for(30ms);  // marks are read after the reconnect, all is quiet
        redis_.freeze();
        const auto first = 501 + static_cast<std::uint64_t>(i) * 500;
        shipping->append(first, first + 499);
        std::this_thread::sleep_for(450ms);  // beyond the sink's deadline
        EXPECT_GT(shipping->counters().spooled, 0U);
        EXPECT_GE(shipping->counters().oldest_ms, 1U);
        redis_.thaw();
        ASSERT_TRUE(shipping->wait());
    }
    EXPECT_EQ(difference(redis_, 2000), "");
    EXPECT_GT(shipping->counters().retried, 0U);
}

TEST_F(Shipped, HealsARedisThatCameBackWithOlderFiles) {
    const auto shipping = ship();
    shipping->append(1, 2000);
    ASSERT_TRUE(shipping->wait());
    redis_.kill();
    redis_.save_files(folder_.path() / "older");
    redis_.start();
    shipping->append(2001, 4000);
    ASSERT_TRUE(shipping->wait());
    redis_.kill();
    redis_.restore_files(folder_.path() / "older");
    redis_.start();
    ASSERT_TRUE(shipping->wait());
    shipping->append(4001, 4100);
    // The shipper finds out with its next batch.
    EXPECT_EQ(settled(redis_, 4100), "");
    EXPECT_EQ(shipping->counters().reshipped, 2000U);
    EXPECT_EQ(shipping->counters().recorded, 4100U);
    EXPECT_EQ(lost_track(shipping->counters(), 4100), 0);
}

TEST_F(Shipped, HealsARedisThatLostAPartitionWithoutLosingTheConnection) {
    const auto shipping = ship();
    shipping->append(1, 1000, 1);
    ASSERT_TRUE(shipping->wait());
    client_.ask({"FLUSHALL"});
    shipping->append(1001, 1001, 1);
    ASSERT_TRUE(shipping->wait());
    EXPECT_EQ(difference(redis_, 1001), "");
}

// ---- this process dies

TEST_F(Shipped, NextProcessBringsWhatAKilledOneLeft) {
    std::uint64_t acknowledged = 0;
    {
        Child child({SCAN_APPEND_CHILD, spool().directory, "process"}, true);
        std::uint64_t number = 0;
        while (::read(child.output(), &number, sizeof number) == sizeof number) {
            acknowledged = number;
            if (number == 2500) child.signal(SIGKILL);
        }
        child.wait();
    }
    const auto shipping = ship();
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (shipping->counters().shipped < acknowledged && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(1ms);
    ASSERT_TRUE(shipping->wait());
    const std::uint64_t kept = shipping->counters().recovered;
    EXPECT_GE(kept, acknowledged);
    EXPECT_LE(kept, acknowledged + 1);
    EXPECT_EQ(difference(redis_, kept), "");
    EXPECT_EQ(shipping->counters().missing, 0U);
}

TEST_F(Shipped, NextProcessGoesOnWhereTheLastOneStopped) {
    std::uint64_t last = 0;
    for (int round = 0; round < 6; ++round) {
        const auto shipping = ship();
        shipping->append(last + 1, last + 700);
        last += 700;
        // Not waited for: some rounds end in the middle of shipping.
        std::this_thread::sleep_for(std::chrono::milliseconds(round * 4));
    }
    const auto shipping = ship();
    EXPECT_EQ(settled(redis_, last), "");
}

TEST_F(Shipped, DamagedSegmentLosesOnlyWhatIsBehindTheDamage) {
    {
        Shipping away(spool(), "/nowhere");
        away.append(1, 1500);  // about seven segments
    }
    std::filesystem::path first;
    for (const auto& entry : std::filesystem::directory_iterator(spool().directory))
        if (entry.path().string().ends_with("-0-0.seg")) first = entry.path();
    std::fstream file(first, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40'000);
    file.write("\xff\xff\xff\xff", 4);
    file.close();
    const auto shipping = ship();
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (shipping->counters().missing == 0 && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(1ms);
    ASSERT_TRUE(shipping->wait());
    const std::uint64_t missing = shipping->counters().missing;
    EXPECT_GT(missing, 10U);
    EXPECT_LT(missing, 200U);
    const auto all = recorded(redis_);
    EXPECT_EQ(all.records, 1500 - missing);
    EXPECT_EQ(all.hits, all.by_short_id);
    for (const auto& [time, count] : all.times)
        EXPECT_EQ(count, 1) << time;
    EXPECT_TRUE(all.times.contains(1500));
}

// By the sequence number of their first record.
std::map<std::uint64_t, std::filesystem::path> used_segments(const std::filesystem::path& spool) {
    std::map<std::uint64_t, std::filesystem::path> used;
    for (const auto& entry : std::filesystem::directory_iterator(spool)) {
        const auto segment = SegmentFile::open_left(entry.path());
        if (segment && (*segment)->header().first_seq != 0)
            used.emplace((*segment)->header().first_seq, entry.path());
    }
    return used;
}

// Passed over, its scans would be lost: marks only ever rise.
TEST_F(Shipped, SegmentThatCannotBeReadHoldsUpThoseBehindItUntilItCan) {
    std::atomic<int> told = 0;
    SpoolOptions options = spool();
    options.log = [&](std::string_view line) { told += line.find("cannot read") != line.npos; };
    Shipping shipping(options, redis_.socket());
    shipping.append(1, 1000);
    ASSERT_TRUE(shipping.wait());
    const std::filesystem::path second =
        std::next(used_segments(options.directory).begin())->second;
    const std::filesystem::path other = options.directory / "other";
    std::filesystem::create_directory(other);  // opens, and answers EISDIR
    const auto exchange = [&] {
        return ::renameat2(AT_FDCWD, second.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
    };
    ASSERT_EQ(exchange(), 0);
    client_.ask({"FLUSHALL"});
    shipping.append(1001, 1001);
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (told == 0 && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(told, 1);
    const auto meanwhile = recorded(redis_);
    EXPECT_TRUE(meanwhile.times.contains(1));
    EXPECT_FALSE(meanwhile.times.contains(1000));
    EXPECT_GT(shipping.counters().spooled, 0U);

    ASSERT_EQ(exchange(), 0);
    EXPECT_EQ(settled(redis_, 1001), "");
}

TEST_F(Shipped, ScansAreNotTakenForOldOnesWhenTheClockWasWrong) {
    {
        const auto shipping = ship();
        shipping->append(1, 100, 4);
        ASSERT_TRUE(shipping->wait());
        const Identity& identity = shipping->spool().parts().identity;
        // As if an earlier process of this node had lived in the year 3000 and its identity been
        // lost.
        const std::string future = "32503680000000";
        for (unsigned bucket = 0; bucket < kBuckets; ++bucket)
            client_.ask({"HSET", marks_key({std::string(kAccount), bucket}), identity.node + ".0",
                         future + "-99"});
        client_.ask({"SET", epoch_key(identity.node), future + " 1"});
    }
    const auto shipping = ship();
    shipping->append(101, 200, 4);
    ASSERT_TRUE(shipping->wait());
    EXPECT_EQ(recorded(redis_).records, 200U);
    EXPECT_EQ(difference(redis_, 200), "");
}

TEST_F(Shipped, DrainBringsEverythingAndReturnsInTimeWithoutRedis) {
    const auto shipping = ship();
    shipping->append(1, 1000);
    shipping->drain(10s);
    EXPECT_EQ(difference(redis_, 1000), "");
    Shipping away(quick_spool(folder_.path() / "away"), "/nowhere");
    away.append(1, 100);
    const auto begin = std::chrono::steady_clock::now();
    away.drain(100ms);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    EXPECT_EQ(away.counters().spooled, 100U);
}

}  // namespace
}  // namespace redirector::scan
