#include "redirector/scan/spool.hpp"

#include "redirector/scan/segment_file.hpp"
#include "redirector/scan/spool_parts.hpp"
#include "tests/scan/child.hpp"
#include "tests/scan/scans.hpp"
#include "tests/scan/spool_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace redirector::scan {
namespace {

using namespace std::chrono_literals;
using testing::Kept;
using testing::plain_scan;
using testing::read_spool;
using testing::TemporaryFolder;

constexpr std::uint64_t kSegment = 64 << 10;

SpoolOptions small(const TemporaryFolder& folder, Durability level = Durability::process) {
    SpoolOptions options;
    options.directory = folder.path() / "spool";
    options.durability = level;
    options.segment_bytes = kSegment;
    options.max_bytes = 64 * kSegment;
    options.sync_interval = 5ms;
    return options;
}

std::unique_ptr<Spool> opened(const SpoolOptions& options, const Disk* disk = nullptr) {
    auto spool = Spool::open(options, disk);
    if (!spool) ADD_FAILURE() << spool.error().message;
    return spool ? *std::move(spool) : nullptr;
}

// Appends numbers from..to as times, waiting for the keeper where it must.
void append(Writer& writer, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t n = from; n <= to; ++n)
        while (writer.append(plain_scan("S" + std::to_string(n % 100), n)) != Appended::stored)
            std::this_thread::sleep_for(100us);
}

std::vector<std::uint64_t> times(const std::vector<Kept>& kept) {
    std::vector<std::uint64_t> out;
    for (const Kept& one : kept)
        out.push_back(one.time_ms);
    return out;
}

std::vector<std::uint64_t> upto(std::uint64_t n) {
    std::vector<std::uint64_t> out;
    for (std::uint64_t i = 1; i <= n; ++i)
        out.push_back(i);
    return out;
}

template <class Condition>
bool within(std::chrono::milliseconds limit, Condition condition) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

// ---- what is kept

TEST(Spool, HasEveryScanInItsFilesBeforeAppendReturns) {
    const TemporaryFolder folder;
    const auto spool = opened(small(folder));
    for (std::uint64_t n = 1; n <= 5; ++n) {
        ASSERT_EQ(spool->writer(0).append(plain_scan("ABCD", n)), Appended::stored);
        EXPECT_EQ(times(read_spool(folder.path() / "spool")), upto(n));
    }
    EXPECT_EQ(spool->counters().appended, 5U);
    EXPECT_EQ(spool->counters().spooled, 5U);
    EXPECT_GT(spool->counters().spooled_bytes, 5 * 200U);
}

TEST(Spool, KeepsScansInOrderOverManySegments) {
    const TemporaryFolder folder;
    {
        const auto spool = opened(small(folder));
        append(spool->writer(0), 1, 4000);  // about 20 segments
    }
    const auto kept = read_spool(folder.path() / "spool");
    EXPECT_EQ(times(kept), upto(4000));
    EXPECT_EQ(kept.back().seq, 4000U);
}

TEST(Spool, KeepsItsLanesApart) {
    const TemporaryFolder folder;
    SpoolOptions options = small(folder);
    options.lanes = 3;
    {
        const auto spool = opened(options);
        std::vector<std::thread> threads;
        for (unsigned lane = 0; lane < 3; ++lane)
            threads.emplace_back([&spool, lane] { append(spool->writer(lane), 1, 1500); });
        for (std::thread& thread : threads)
            thread.join();
    }
    const auto kept = read_spool(options.directory);
    ASSERT_EQ(kept.size(), 4500U);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        EXPECT_EQ(kept[i].lane, i / 1500);
        EXPECT_EQ(kept[i].time_ms, i % 1500 + 1);
    }
}

TEST(Spool, OfLevelMemoryWritesNoSegment) {
    const TemporaryFolder folder;
    const auto spool = opened(small(folder, Durability::memory));
    append(spool->writer(0), 1, 1000);
    EXPECT_TRUE(read_spool(folder.path() / "spool").empty());
    EXPECT_EQ(spool->counters().appended, 1000U);
}

// ---- death of the process

void kill_after(std::uint64_t scans, const std::string& level) {
    const TemporaryFolder folder;
    std::uint64_t acknowledged = 0;
    {
        testing::Child child({SCAN_APPEND_CHILD, folder.path(), level}, true);
        std::uint64_t number = 0;
        while (::read(child.output(), &number, sizeof number) == sizeof number) {
            acknowledged = number;
            if (number == scans) child.signal(SIGKILL);
        }
        child.wait();
    }
    ASSERT_GE(acknowledged, scans);
    const auto kept = times(read_spool(folder.path()));
    // One more may have been on its way to be acknowledged.
    ASSERT_GE(kept.size(), acknowledged);
    ASSERT_LE(kept.size(), acknowledged + 1);
    EXPECT_EQ(kept, upto(kept.size()));
}

TEST(Spool, KilledAtLevelProcessHasEveryAcknowledgedScan) {
    for (const std::uint64_t scans : {1, 2, 500, 3001})
        kill_after(scans, "process");
}

TEST(Spool, KilledAtLevelBatchHasEveryAcknowledgedScan) {
    kill_after(20, "batch");
}

// ---- identity

TEST(Spool, BeginsANewEpochEachTimeAndKeepsItsNode) {
    const TemporaryFolder folder;
    const SpoolOptions options = small(folder);
    std::set<std::string> nodes;
    std::uint64_t last = 0;
    for (int i = 0; i < 3; ++i) {
        const auto spool = opened(options);
        const Identity& identity = spool->parts().identity;
        EXPECT_GT(identity.epoch, last);
        last = identity.epoch;
        nodes.insert(identity.node);
    }
    EXPECT_EQ(nodes.size(), 1U);
    EXPECT_EQ(nodes.begin()->size(), kNodeLength);
}

TEST(Spool, EpochRisesAlthoughTheClockWentBack) {
    const TemporaryFolder folder;
    const SpoolOptions options = small(folder);
    std::filesystem::create_directories(options.directory);
    constexpr std::uint64_t kFuture = 99'000'000'000'000;
    auto first = begin_epoch(options.directory, kFuture);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->epoch, kFuture + 1);
    auto second = begin_epoch(options.directory, 0);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->epoch, kFuture + 2);
    EXPECT_NE(second->incarnation, first->incarnation);
}

TEST(Spool, CopiedDirectoryIsAnotherNode) {
    const TemporaryFolder folder;
    SpoolOptions options = small(folder);
    const std::string node = opened(options)->parts().identity.node;
    std::filesystem::copy(options.directory, folder.path() / "copy");
    options.directory = folder.path() / "copy";
    EXPECT_NE(opened(options)->parts().identity.node, node);
}

TEST(Spool, IsRefusedToASecondProcess) {
    const TemporaryFolder folder;
    const SpoolOptions options = small(folder);
    const auto spool = opened(options);
    const auto second = Spool::open(options);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, "cannot lock " + (options.directory / "lock").string() +
                                          ": another process uses this spool");
}

TEST(Spool, SaysWhatIsWrongWithItsOptions) {
    const TemporaryFolder folder;
    SpoolOptions options = small(folder);
    options.segment_bytes = 100'000;
    EXPECT_NE(Spool::open(options).error().message.find("100000"), std::string::npos);
    options = small(folder);
    options.max_bytes = kSegment;
    EXPECT_NE(Spool::open(options).error().message.find("bound of 65536"), std::string::npos);
    options = small(folder);
    options.directory = "/proc/no/such";
    EXPECT_NE(Spool::open(options).error().message.find("/proc/no/such"), std::string::npos);
}

// ---- what it finds at start

TEST(Spool, SetsAsideWhatIsNoSegmentAndRemovesEmptyOnes) {
    const TemporaryFolder folder;
    SpoolOptions options = small(folder);
    std::filesystem::create_directories(options.directory);
    std::ofstream(options.directory / "1-0-0.seg") << std::string(5000, 'x');
    std::ofstream(options.directory / "1-0-1.seg") << std::string(5000, '\0');
    std::ofstream(options.directory / "1-0-2.seg.new") << "half";
    std::vector<std::string> log;
    options.log = [&log](std::string_view line) { log.emplace_back(line); };
    const auto spool = opened(options);
    EXPECT_TRUE(std::filesystem::exists(options.directory / "1-0-0.seg.bad"));
    EXPECT_FALSE(std::filesystem::exists(options.directory / "1-0-1.seg"));
    EXPECT_FALSE(std::filesystem::exists(options.directory / "1-0-2.seg.new"));
    ASSERT_EQ(log.size(), 1U);
    EXPECT_NE(log[0].find("1-0-0.seg.bad"), std::string::npos);
}

TEST(Spool, RestartedOftenDoesNotGrow) {
    const TemporaryFolder folder;
    SpoolOptions options = small(folder);
    for (int i = 0; i < 10; ++i)
        opened(options);
    std::ptrdiff_t segments = 0;
    for (const auto& entry : std::filesystem::directory_iterator(options.directory))
        segments += entry.path().extension() == ".seg";
    EXPECT_EQ(segments, 0);
}

// ---- full

TEST(Spool, AtItsBoundAnswersAndCountsOrRefuses) {
    for (const WhenFull policy : {WhenFull::answer_and_count_dropped, WhenFull::refuse}) {
        const TemporaryFolder folder;
        SpoolOptions options = small(folder);
        options.max_bytes = 3 * kSegment;
        options.when_full = policy;
        const auto spool = opened(options);
        std::uint64_t stored = 0;
        const auto fill = [&] {
            Appended became = Appended::stored;
            while (became == Appended::stored) {
                became = spool->writer(0).append(plain_scan("ABCD", 1));
                stored += became == Appended::stored;
            }
            return became;
        };
        const bool refuse = policy == WhenFull::refuse;
        ASSERT_TRUE(within(2s, [&] {
            EXPECT_EQ(fill(), refuse ? Appended::refused : Appended::dropped);
            return spool->parts().keeper->pressed() && spool->counters().disk_bytes == 3 * kSegment;
        }));
        EXPECT_FALSE(spool->accepting());
        const Counters counters = spool->counters();
        EXPECT_EQ(counters.appended, stored);
        EXPECT_GT(refuse ? counters.refused : counters.dropped, 0U);
        EXPECT_EQ(refuse ? counters.dropped : counters.refused, 0U);
        EXPECT_EQ(read_spool(options.directory).size(), stored);
        EXPECT_EQ(counters.unaccounted(stored + counters.dropped), 0);
    }
}

std::atomic<bool> disk_full = false;

TEST(Spool, OnAFullDiskGoesOnAsSoonAsThereIsRoom) {
    const Disk kDiskFull{
        [](int fd, off_t at, off_t n) { return disk_full ? ENOSPC : kDisk.allocate(fd, at, n); },
        [](int) { return 0; }};
    const TemporaryFolder folder;
    std::vector<std::string> log;
    SpoolOptions options = small(folder);
    options.log = [&log](std::string_view line) { log.emplace_back(line); };
    std::uint64_t stored = 0;
    {
        const auto spool = opened(options, &kDiskFull);
        disk_full = true;
        while (spool->writer(0).append(plain_scan("ABCD", stored + 1)) == Appended::stored)
            ++stored;
        EXPECT_FALSE(spool->accepting());
        EXPECT_TRUE(within(2s, [&] { return spool->parts().keeper->pressed(); }));
        disk_full = false;
        // Before anything is appended: none may come to a server that is not ready.
        EXPECT_TRUE(within(3s, [&] { return spool->accepting(); }));
        EXPECT_TRUE(within(3s, [&] {
            return spool->writer(0).append(plain_scan("ABCD", stored + 1)) == Appended::stored;
        }));
        EXPECT_TRUE(spool->accepting());
    }
    EXPECT_EQ(times(read_spool(options.directory)), upto(stored + 1));
    ASSERT_FALSE(log.empty());
    EXPECT_NE(log[0].find("No space left"), std::string::npos);
    EXPECT_EQ(std::count(log.begin(), log.end(), log[0]), 1);
}

TEST(Spool, DoesNotStartOnAFullDisk) {
    const Disk kDiskFull{[](int, off_t, off_t) { return ENOSPC; }, [](int) { return 0; }};
    const TemporaryFolder folder;
    const auto spool = Spool::open(small(folder), &kDiskFull);
    ASSERT_FALSE(spool);
    EXPECT_NE(spool.error().message.find("No space left"), std::string::npos);
}

// ---- syncs

std::atomic<int> syncs = 0;
std::atomic<int> failing = 0;  // how many syncs from now on fail
std::atomic<int> failed_fd = -1;
std::atomic<bool> retried = false;

const Disk kCountedDisk{kDisk.allocate, [](int fd) {
                            ++syncs;
                            if (fd == failed_fd) retried = true;
                            if (failing > 0) {
                                --failing;
                                failed_fd = fd;
                                errno = EIO;
                                return -1;
                            }
                            return 0;
                        }};

class SpoolSync : public ::testing::Test {
  protected:
    void SetUp() override {
        syncs = 0;
        failing = 0;
        failed_fd = -1;
        retried = false;
    }
};

TEST_F(SpoolSync, BatchSyncsOncePerTurn) {
    const TemporaryFolder folder;
    const auto spool = opened(small(folder, Durability::batch), &kCountedDisk);
    int before = syncs;
    append(spool->writer(0), 1, 1);
    ASSERT_TRUE(within(2s, [&] { return syncs == before + 1; })) << "the next segment is ready";
    before = syncs;
    append(spool->writer(0), 2, 20);
    EXPECT_EQ(syncs, before);
    EXPECT_FALSE(spool->writer(0).sync());
    EXPECT_EQ(syncs, before + 1);
    EXPECT_FALSE(spool->writer(0).sync());
    EXPECT_EQ(syncs, before + 1) << "nothing was appended";
}

TEST_F(SpoolSync, BatchSyncsWhatItLeavesBehind) {
    const TemporaryFolder folder;
    const auto spool = opened(small(folder, Durability::batch), &kCountedDisk);
    const int before = syncs;
    append(spool->writer(0), 1, 1000);  // about five segments
    EXPECT_GE(syncs, before + 4);
}

TEST_F(SpoolSync, ProcessNeverSyncs) {
    const TemporaryFolder folder;
    {
        const auto spool = opened(small(folder), &kCountedDisk);
        append(spool->writer(0), 1, 1000);
        EXPECT_FALSE(spool->writer(0).sync());
    }
    EXPECT_EQ(syncs, 0);
}

TEST_F(SpoolSync, IntervalSyncsByItself) {
    const TemporaryFolder folder;
    const auto spool = opened(small(folder, Durability::interval), &kCountedDisk);
    int before = syncs;
    append(spool->writer(0), 1, 1);
    EXPECT_TRUE(within(2s, [&] { return syncs == before + 2; })) << "the scan, the next segment";
    std::this_thread::sleep_for(30ms);
    before = syncs;
    append(spool->writer(0), 2, 2);
    EXPECT_TRUE(within(2s, [&] { return syncs == before + 1; }));
    std::this_thread::sleep_for(30ms);
    EXPECT_EQ(syncs, before + 1) << "nothing was appended";
}

TEST_F(SpoolSync, FailedInBatchIsToldAndNeverTriedAgainOnTheSameFile) {
    const TemporaryFolder folder;
    const SpoolOptions options = small(folder, Durability::batch);
    {
        const auto spool = opened(options, &kCountedDisk);
        append(spool->writer(0), 1, 10);
        failing = 1;
        EXPECT_EQ(spool->writer(0).sync().value(), EIO);
        const int after = syncs;
        EXPECT_TRUE(within(2s, [&] { return syncs > after; })) << "rewritten and synced anew";
        append(spool->writer(0), 11, 20);
        EXPECT_FALSE(spool->writer(0).sync());
    }
    EXPECT_FALSE(retried);
    const auto kept = read_spool(options.directory);
    EXPECT_EQ(times(kept), upto(20));
}

TEST_F(SpoolSync, FailedInIntervalIsRewrittenUntilItHolds) {
    const TemporaryFolder folder;
    const SpoolOptions options = small(folder, Durability::interval);
    {
        const auto spool = opened(options, &kCountedDisk);
        failing = 3;
        append(spool->writer(0), 1, 10);
        EXPECT_TRUE(within(2s, [&] { return failing == 0; }));
        append(spool->writer(0), 11, 20);
    }
    EXPECT_EQ(times(read_spool(options.directory)), upto(20));
    EXPECT_EQ(failing, 0);
}

// The keeper cuts a left segment's unused room off while the shipper reads it.
TEST(SegmentFile, IsReadWholeWhileItIsTrimmed) {
    constexpr std::uint64_t kRoom = 16ULL << 20;
    constexpr std::uint64_t kUsed = 12'512;
    const TemporaryFolder folder;
    const SegmentHeader header{.node = "abcdef012345", .epoch = 7, .first_seq = 1};
    for (int i = 0; i < 30; ++i) {
        const auto path = folder.path() / ("7-0-" + std::to_string(i) + ".seg");
        ASSERT_TRUE(SegmentFile::create(path, kRoom, header, kDisk));
        const auto reading = SegmentFile::open_left(path);
        const auto trimming = SegmentFile::open_left(path);
        ASSERT_TRUE(reading && trimming);
        std::thread keeper([&] {
            std::this_thread::sleep_for(std::chrono::microseconds(100 * i));
            (*trimming)->trim(kUsed);
        });
        const auto read = (*reading)->read();
        keeper.join();
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_GE(read->size(), kUsed);
        std::filesystem::remove(path);
    }
}

}  // namespace
}  // namespace redirector::scan
