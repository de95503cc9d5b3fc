// What a cluster's slots, tables and redirections look like, without a server.
#include "redirector/store/topology_slots.hpp"

#include <gtest/gtest.h>

namespace redirector::store {
namespace {

RedisReply number(std::int64_t value) {
    return {RedisReply::Type::integer, value, "", {}};
}
RedisReply text(std::string value) {
    return {RedisReply::Type::text, 0, std::move(value), {}};
}
RedisReply array(std::vector<RedisReply> elements) {
    return {RedisReply::Type::array, 0, "", std::move(elements)};
}
RedisReply range(std::int64_t first, std::int64_t last, std::string host, std::int64_t port) {
    return array({number(first), number(last),
                  array({text(std::move(host)), number(port), text("id"), array({})})});
}

// Values that redis-server's CLUSTER KEYSLOT answers.
TEST(Slots, AreThoseOfRedis) {
    EXPECT_EQ(slot_of("123456789"), 12739u);
    EXPECT_EQ(slot_of("foo"), 12182u);
    EXPECT_EQ(slot_of(""), 0u);
    EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
    EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
    EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
    EXPECT_EQ(slot_of("foo{}{bar}"), 8363u);
    EXPECT_EQ(slot_of("foo{bar"), 15278u);
}

TEST(Slots, GoByTheFirstKeyOfACommand) {
    EXPECT_EQ(routing_key({"GET", "k"}), "k");
    EXPECT_EQ(routing_key({"EVAL", "return 1", "1", "k", "a"}), "k");
    EXPECT_EQ(routing_key({"EVALSHA", "f00", "2", "k", "l"}), "k");
    EXPECT_EQ(routing_key({"EVAL", "return 1", "0", "a"}), std::nullopt);
    EXPECT_EQ(routing_key({"EVAL", "return 1", "1"}), std::nullopt);
    EXPECT_EQ(routing_key({"XREAD", "COUNT", "1", "STREAMS", "k", "0"}), "k");
    EXPECT_EQ(routing_key({"XREAD", "STREAMS"}), std::nullopt);
    EXPECT_EQ(routing_key({"PING"}), std::nullopt);
    EXPECT_EQ(routing_key({"SCRIPT", "LOAD", "return 1"}), std::nullopt);
    EXPECT_EQ(routing_key({"GET"}), std::nullopt);
}

TEST(SlotTable, IsReadFromClusterSlots) {
    const auto table =
        SlotTable::parse(array({range(0, 99, "10.0.0.1", 6379), range(200, 16383, "10.0.0.2", 6380),
                                range(100, 150, "", 7000)}),
                         "asked");
    ASSERT_TRUE(table);
    ASSERT_EQ(table->masters().size(), 3u);
    EXPECT_EQ(table->owner(0), table->owner(99));
    EXPECT_EQ(table->masters()[table->owner(120)].host, "asked");
    EXPECT_EQ(table->owner(160), SlotTable::kNobody);
    EXPECT_EQ(table->masters()[table->owner(16383)].port, 6380);
    EXPECT_EQ(table->slot_of_master(table->owner(16383)), 200u);
}

TEST(SlotTable, RefusesWhatIsNone) {
    EXPECT_FALSE(SlotTable::parse(RedisReply{}, "h"));
    EXPECT_FALSE(SlotTable::parse(array({text("x")}), "h"));
    EXPECT_FALSE(SlotTable::parse(array({range(0, 16384, "h", 1)}), "h"));
    EXPECT_FALSE(SlotTable::parse(array({range(-1, 5, "h", 1)}), "h"));
    EXPECT_FALSE(SlotTable::parse(array({range(6, 5, "h", 1)}), "h"));
    EXPECT_FALSE(SlotTable::parse(array({range(0, 5, "h", 0)}), "h"));
    EXPECT_FALSE(SlotTable::parse(array({range(0, 5, "h", 70000)}), "h"));
    EXPECT_FALSE(SlotTable::parse(array({range(0, 5, std::string(254, 'h'), 1)}), "h"));
}

TEST(SlotTable, MovesASlot) {
    auto table = SlotTable::parse(array({range(0, 99, "a", 1)}), "h");
    table->move(5, {"b", 2});
    EXPECT_EQ(table->masters()[table->owner(5)].host, "b");
    EXPECT_EQ(table->masters()[table->owner(6)].host, "a");
    table->move(5, {"a", 1});
    EXPECT_FALSE(table->slot_of_master(1));
}

TEST(Redirects, AreReadWholeOrNotAtAll) {
    const auto moved = parse_redirect("MOVED 3999 127.0.0.1:6381", "h");
    ASSERT_TRUE(moved);
    EXPECT_FALSE(moved->ask);
    EXPECT_EQ(moved->slot, 3999u);
    EXPECT_EQ(moved->to, (RedisAddress::Endpoint{"127.0.0.1", 6381}));
    const auto ask = parse_redirect("ASK 1 ::1:6381", "h");
    ASSERT_TRUE(ask);
    EXPECT_TRUE(ask->ask);
    EXPECT_EQ(ask->to.host, "::1");
    EXPECT_EQ(parse_redirect("MOVED 1 :6381", "h")->to.host, "h");
    for (const char* bad : {"", "MOVED", "MOVED ", "MOVED 1", "MOVED 1 h",
                            "MOVED 1 h:", "MOVED x h:1", "MOVED 16384 h:1", "MOVED 1 h:0",
                            "MOVED 1 h:65536", "MOVED 1:2 h", "ERR no", "MOVEDX 1 h:1"}) {
        EXPECT_FALSE(parse_redirect(bad, "h")) << bad;
    }
    EXPECT_FALSE(parse_redirect("MOVED 1 " + std::string(300, 'h') + ":1", "h"));
}

}  // namespace
}  // namespace redirector::store
