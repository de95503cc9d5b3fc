#include "redirector/scan/shipper.hpp"

#include "redirector/scan/batch.hpp"
#include "redirector/scan/enrichment.hpp"
#include "redirector/scan/spool_parts.hpp"
#include "redirector/scan/stream.hpp"
#include "tests/scan/redis.hpp"
#include "tests/scan/shipping.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

namespace redirector::scan {
namespace {

using namespace std::chrono_literals;
using testing::Child;
using testing::difference;
using testing::kAccount;
using testing::plain_scan;
using testing::quick_shipper;
using testing::quick_spool;
using testing::recorded;
using testing::RedisServer;
using testing::RedisSink;
using testing::Shipping;
using testing::TemporaryFolder;

class Shipped : public ::testing::Test {
  protected:
    SpoolOptions spool() const { return quick_spool(folder_.path() / "spool"); }
    std::unique_ptr<Shipping> ship(const ShipperOptions& options = quick_shipper()) {
        return std::make_unique<Shipping>(spool(), redis_.socket(), options);
    }

    TemporaryFolder folder_;
    RedisServer redis_;
    RedisSink client_{redis_.socket()};
};

// Redirects that are neither recorded nor spooled. append() tries again where the spool is full, so
// that each of its dropped scans is one redirect more.
std::int64_t lost_track(const Counters& counters, std::uint64_t redirects) {
    return counters.unaccounted(redirects + counters.dropped);
}

void add(Batch& batch, const Scan& scan, Mark mark, std::string_view device = {}) {
    batch.count(scan, device);
    batch.add(scan, testing::encoded(scan), mark, 16);
}

// Until Redis holds 1 to `last`, as it should; else what is wrong.
std::string settled(const RedisServer& server, std::uint64_t last) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    std::string wrong = difference(server, last);
    while (!wrong.empty() && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(20ms);
        wrong = difference(server, last);
    }
    return wrong;
}

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

// ---- the script

TEST_F(Shipped, ScriptIsKnownByItsDigest) {
    EXPECT_EQ(client_.ask({"SCRIPT", "LOAD", std::string(kShipScript)}), kShipScriptSha1);
}

TEST_F(Shipped, ScriptRunTwiceChangesNothingTheSecondTime) {
    Batch batch({"A", 3}, "node.0", Mark{});
    add(batch, plain_scan("S1", 1), {7, 1});
    add(batch, plain_scan("S1", 1), {7, 2});
    const Command command = batch.command(true);
    std::vector<Answer> answers;
    ASSERT_TRUE(client_.send({&command, 1}, answers));
    EXPECT_EQ(answers[0].text, kShipped);
    ASSERT_TRUE(client_.send({&command, 1}, answers));
    EXPECT_EQ(answers[0].text, "7-2");
    EXPECT_EQ(client_.ask({"HGET", "h:{A:3}", "S1"}), "2");
    EXPECT_EQ(client_.ask({"XLEN", "s:{A:3}"}), "1");
}

TEST_F(Shipped, ScriptWritesNothingWhereAKeyHasTheWrongType) {
    for (const std::string wrong : {"s:{A:3}", "h:{A:3}", "m:{A:3}", "k:{A:3}:0"}) {
        client_.ask({"FLUSHALL"});
        client_.ask({"SET", wrong, "x"});
        Batch batch({"A", 3}, "node.0", Mark{}, 100'000);
        add(batch, plain_scan("S1", 1), {7, 1});
        const Command command = batch.command(true);
        std::vector<Answer> answers;
        ASSERT_TRUE(client_.send({&command, 1}, answers));
        EXPECT_EQ(answers[0].kind, Answer::Kind::error);
        EXPECT_TRUE(answers[0].text.starts_with("WRONGTYPE")) << answers[0].text;
        EXPECT_EQ(client_.ask({"DBSIZE"}), "1") << wrong;
    }
}

TEST_F(Shipped, IndexesNameEachEntryOnce) {
    Batch batch({"A", 3}, "node.0", Mark{});
    Scan scan = plain_scan("S1", 1);
    scan.product = "P1";
    for (std::uint64_t n = 1; n <= 20; ++n)
        add(batch, scan, {7, n});
    scan.evrythng_id = "T2";
    scan.user = "U1";
    scan.project = "J1";
    add(batch, scan, {7, 21});
    const Command command = batch.command(true);
    std::vector<Answer> answers;
    ASSERT_TRUE(client_.send({&command, 1}, answers));
    ASSERT_EQ(answers[0].text, kShipped);
    const auto members = [&](const std::string& index) {
        return client_.ask({"ZCARD", "f:{A:3}:" + index});
    };
    EXPECT_EQ(client_.ask({"XLEN", "s:{A:3}"}), "2");
    EXPECT_EQ(members("thng=UThng000000000000000000x"), "2");
    EXPECT_EQ(members("product=P1"), "2");
    for (const char* index : {"thng=T2", "user=U1", "scopes.projects=J1"})
        EXPECT_EQ(members(index), "1") << index;
}

TEST_F(Shipped, IndexOfTheWrongTypeIsPassedOver) {
    client_.ask({"SET", "f:{A:3}:thng=UThng000000000000000000x", "x"});
    Batch batch({"A", 3}, "node.0", Mark{});
    add(batch, plain_scan("S1", 1), {7, 1});
    const Command command = batch.command(true);
    std::vector<Answer> answers;
    ASSERT_TRUE(client_.send({&command, 1}, answers));
    EXPECT_EQ(answers[0].text, kShipped);
    EXPECT_EQ(client_.ask({"HGET", "h:{A:3}", "S1"}), "1");
}

TEST_F(Shipped, ScansOfARemovedRedirectionAreNoHits) {
    client_.ask({"HSET", "h:{A:3}", "S1", "-"});
    Batch batch({"A", 3}, "node.0", Mark{});
    add(batch, plain_scan("S1", 1), {7, 1});
    add(batch, plain_scan("S2", 1), {7, 2});
    const Command command = batch.command(true);
    std::vector<Answer> answers;
    ASSERT_TRUE(client_.send({&command, 1}, answers));
    EXPECT_EQ(answers[0].text, kShipped);
    EXPECT_EQ(client_.ask({"HGET", "h:{A:3}", "S1"}), "-");
    EXPECT_EQ(client_.ask({"HGET", "h:{A:3}", "S2"}), "1");
    EXPECT_EQ(client_.ask({"XLEN", "s:{A:3}"}), "1");
}

TEST_F(Shipped, HitsStayExactBeyondTheDigitsThatLuaPrints) {
    client_.ask({"HSET", "h:{A:3}", "S1", "999999999999999"});
    Batch batch({"A", 3}, "node.0", Mark{});
    add(batch, plain_scan("S1", 1), {7, 1});
    const Command command = batch.command(true);
    std::vector<Answer> answers;
    ASSERT_TRUE(client_.send({&command, 1}, answers));
    EXPECT_EQ(client_.ask({"HGET", "h:{A:3}", "S1"}), "1000000000000000");
}

TEST_F(Shipped, GoesOnWhenRedisForgotTheScript) {
    const auto shipping = ship();
    shipping->append(1, 100);
    ASSERT_TRUE(shipping->wait());
    client_.ask({"SCRIPT", "FLUSH"});
    shipping->append(101, 200);
    ASSERT_TRUE(shipping->wait());
    EXPECT_EQ(difference(redis_, 200), "");
}

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

// ---- enrichment

class City : public Enrichment {
  public:
    std::string_view complete(Scan& scan) override {
        name_ = "City of " + std::string(scan.short_id);
        scan.city = name_;
        if (scan.short_id == "S1") scan.flags |= kBot;
        return "mobile";
    }
    std::optional<Policy> policy(std::string_view account) const override {
        return learnt_.contains(std::string(account)) ? std::optional(Policy{count_bots})
                                                      : std::nullopt;
    }
    Awaitable<bool> learn(std::vector<std::string> accounts) override {
        if (unable > 0) {
            --unable;
            co_return false;
        }
        learnt_.insert(accounts.begin(), accounts.end());
        co_return true;
    }

    bool count_bots = true;
    int unable = 0;  // how often learn() fails first

  private:
    std::string name_;
    std::set<std::string> learnt_;
};

TEST_F(Shipped, FactsAreFilledInOnTheWay) {
    City city;
    Shipping shipping(spool(), redis_.socket(), quick_shipper(), &city);
    shipping.append(1, 40, 2);
    ASSERT_TRUE(shipping.wait());
    const std::string all =
        client_.ask({"XRANGE", stream_key({std::string(kAccount), bucket_of("S1")}), "-", "+"});
    EXPECT_NE(all.find("City of S1"), all.npos);
    EXPECT_EQ(difference(redis_, 40), "");
}

TEST_F(Shipped, BotsAreRecordedButNoHitsWhereTheAccountSaysSo) {
    City city;
    city.count_bots = false;
    Shipping shipping(spool(), redis_.socket(), quick_shipper(), &city);
    shipping.append(1, 40, 2);
    ASSERT_TRUE(shipping.wait());
    auto all = recorded(redis_);
    EXPECT_EQ(all.by_short_id["S1"], 20U);
    EXPECT_EQ(all.hits["S0"], 20U);
    EXPECT_EQ(all.hits["S1"], 0U);
    EXPECT_EQ(lost_track(shipping.counters(), 40), 0);
}

TEST_F(Shipped, NothingIsShippedBeforeWhatTheAccountDecidedIsKnown) {
    City city;
    city.unable = 3;
    Shipping shipping(spool(), redis_.socket(), quick_shipper(), &city);
    shipping.append(1, 100);
    ASSERT_TRUE(shipping.wait());
    EXPECT_EQ(difference(redis_, 100), "");
}

}  // namespace
}  // namespace redirector::scan
