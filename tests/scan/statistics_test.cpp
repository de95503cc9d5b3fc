#include "redirector/scan/statistics.hpp"

#include "redirector/scan/batch.hpp"
#include "tests/scan/counts.hpp"
#include "tests/scan/redis.hpp"
#include "tests/scan/scans.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::scan {
namespace {

using testing::pack_counts;
using testing::plain_scan;

constexpr std::uint64_t kDay = 20'000;  // in 2024
constexpr unsigned kDays = 4'000;       // so that it has not expired yet

class Statistics : public ::testing::Test {
  protected:
    // Ships the scans as one batch behind those before.
    void ship(const std::vector<Scan>& scans, std::string_view device = "mobile") {
        Batch batch({"A", 3}, "node.0", mark_, kDays);
        for (const Scan& scan : scans) {
            mark_ = {7, mark_.seq + 1};
            batch.count(scan, device);
            batch.add(scan, testing::encoded(scan), mark_, 16);
        }
        const Command command = batch.command(true);
        std::vector<Answer> answers;
        ASSERT_TRUE(client_.send({&command, 1}, answers));
        ASSERT_EQ(answers[0].text, kShipped);
    }

    std::map<std::string, std::uint64_t> counts(const std::string& short_id) {
        const auto counts =
            unpack_counts(client_.ask({"HGET", statistics_key({"A", 3}, kDay), short_id}));
        if (!counts) return {};
        return {counts->begin(), counts->end()};
    }

    static Scan scan_at(std::uint64_t hour, std::string_view country) {
        Scan scan = plain_scan("S1", kDay * kDayMs + hour * kHourMs + 59);
        scan.country = country;
        return scan;
    }

    testing::RedisServer redis_;
    testing::RedisSink client_{redis_.socket()};
    Mark mark_;
};

TEST_F(Statistics, CountByHourCountryDeviceAndRule) {
    Scan by_default = scan_at(23, "");
    by_default.reaction_level = ReactionLevel::fallback;
    Scan delegated = scan_at(23, "DE");
    delegated.reaction_level = ReactionLevel::application;
    delegated.application = "UApp";
    ship({scan_at(0, "CH"), scan_at(0, "DE")});
    ship({by_default, delegated}, "");
    const std::map<std::string, std::uint64_t> expected{
        {"0", 2},       {"23", 2},       {"cCH", 1}, {"cDE", 2},
        {"dmobile", 2}, {"rdefault", 1}, {"r1", 2},  {"rUApp.1", 1},
    };
    EXPECT_EQ(counts("S1"), expected);
    EXPECT_EQ(counts(""), expected);
}

TEST_F(Statistics, NameTheFirstCountriesOfADayAndSumUpTheOthers) {
    std::vector<std::string> countries;
    std::vector<Scan> scans;
    for (char first = 'A'; first <= 'B'; ++first)
        for (char second = 'A'; second <= 'Z'; ++second)
            countries.push_back({first, second});
    for (const std::string& country : countries)
        scans.push_back(scan_at(5, country));
    ship(scans);
    ship(scans);
    const auto found = counts("S1");
    EXPECT_EQ(found.at("c*"), 2 * (countries.size() - kMaxNames));
    EXPECT_EQ(found.at("cAA"), 2U);
    EXPECT_EQ(found.at("5"), 2 * countries.size());
    EXPECT_EQ(found.size(), 1 + kMaxNames + 1 + 1 + 1);
    ship({scan_at(5, "ZZ")});
    EXPECT_EQ(counts("S1").at("c*"), found.at("c*") + 1);
}

TEST_F(Statistics, ExpireTheirDaysAfterTheDayWhateverCameLater) {
    ship({scan_at(1, "CH")});
    ship({scan_at(2, "CH")});
    const std::uint64_t expires = (kDay + 1 + kDays) * 86'400;
    EXPECT_EQ(client_.ask({"EXPIRETIME", statistics_key({"A", 3}, kDay)}), std::to_string(expires));
}

TEST(Counts, ArePackedAndUnpackedAtEverySize) {
    Counts counts;
    for (std::uint64_t n = 0; n < 80; ++n)
        counts.emplace_back(std::string(n % 40, 'x') + std::to_string(n),
                            std::uint64_t{1} << n % 64);
    while (!counts.empty()) {
        EXPECT_EQ(unpack_counts(pack_counts(counts)), counts);
        counts.pop_back();
    }
}

TEST(Counts, ThatAreCutOrForeignAreRefused) {
    const std::string packed = pack_counts({{"5", 1}, {"cCH", 70'000}, {"r1", 300}});
    for (std::size_t size = 0; size < packed.size(); ++size)
        EXPECT_FALSE(unpack_counts(packed.substr(0, size))) << size;
    EXPECT_FALSE(unpack_counts(packed + "x"));
    for (const std::string_view foreign :
         {"\x93\x01\x02\x03", "\xde\xff\xff", "\x81\x01\x01", "\x81\xa1x\xc0"})
        EXPECT_FALSE(unpack_counts(foreign));
}

TEST_F(Statistics, AClockThatIsFarOffHoldsNothingUp) {
    Scan scan = scan_at(1, "CH");
    scan.time_ms = ~std::uint64_t{0};
    ship({scan});
    EXPECT_EQ(client_.ask({"XLEN", "s:{A:3}"}), "1");
}

}  // namespace
}  // namespace redirector::scan
