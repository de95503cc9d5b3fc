// What is found out about a scan on its way to Redis.
#include "redirector/scan/enrichment.hpp"
#include "redirector/scan/partition.hpp"
#include "tests/scan/shipped.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::scan {
namespace {

using testing::difference;
using testing::kAccount;
using testing::lost_track;
using testing::quick_shipper;
using testing::recorded;
using testing::Shipped;
using testing::Shipping;

class City : public Enrichment {
  public:
    bool ready(const Scan& scan) override {
        if (!per_scan || known_.contains(std::string(scan.short_id))) return true;
        asked_.emplace(scan.short_id);
        return false;
    }
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
        known_.merge(asked_);
        asked_.clear();
        ++learnings;
        co_return true;
    }

    bool count_bots = true;
    bool per_scan = false;  // something must be learnt of each short ID
    int unable = 0;         // how often learn() fails first
    int learnings = 0;

  private:
    std::string name_;
    std::set<std::string> known_, asked_;
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

TEST_F(Shipped, NothingIsShippedBeforeWhatItsScansNeedIsKnown) {
    City city;
    city.per_scan = true;
    city.unable = 2;
    Shipping shipping(spool(), redis_.socket(), quick_shipper(), &city);
    shipping.append(1, 400, 300);
    ASSERT_TRUE(shipping.wait());
    EXPECT_EQ(difference(redis_, 400), "");
    EXPECT_LT(city.learnings, 100) << "one trip learns what a whole load lacks";
    shipping.append(401, 700, 300);
    ASSERT_TRUE(shipping.wait());
    EXPECT_EQ(difference(redis_, 700), "");
    EXPECT_EQ(lost_track(shipping.counters(), 700), 0);
}

}  // namespace
}  // namespace redirector::scan
