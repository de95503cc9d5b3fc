// The script that moves a batch: called by hand, twice, and where it is not welcome.
#include "redirector/scan/batch.hpp"
#include "tests/scan/shipped.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace redirector::scan {
namespace {

using testing::difference;
using testing::plain_scan;
using testing::Shipped;

void add(Batch& batch, const Scan& scan, Mark mark, std::string_view device = {}) {
    batch.count(scan, device);
    batch.add(scan, testing::encoded(scan), mark, 16);
}

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

}  // namespace
}  // namespace redirector::scan
