#include "redirector/store/redis_address.hpp"

#include <gtest/gtest.h>

#include <string>

namespace redirector::store {
namespace {

using Kind = RedisAddress::Kind;

RedisAddress good(std::string_view url) {
    auto parsed = parse_redis_address(url);
    EXPECT_TRUE(parsed.has_value()) << url;
    return parsed ? *parsed : RedisAddress{};
}

AddressError bad(std::string_view url) {
    auto parsed = parse_redis_address(url);
    EXPECT_TRUE(parsed.has_error()) << url;
    return parsed ? AddressError{} : parsed.error();
}

TEST(RedisAddress, ReadsHostPortDatabaseAndLogin) {
    const RedisAddress address = good("redis://alice:s%40cret@db.example:6390/7");
    EXPECT_EQ(address.kind, Kind::tcp);
    EXPECT_EQ(address.endpoints, (std::vector<RedisAddress::Endpoint>{{"db.example", 6390}}));
    EXPECT_EQ(address.user, "alice");
    EXPECT_EQ(address.password, "s@cret");
    EXPECT_EQ(address.database, 7u);
}

TEST(RedisAddress, FillsInDefaults) {
    const RedisAddress address = good("redis://localhost");
    EXPECT_EQ(address.endpoints.front().port, 6379);
    EXPECT_EQ(address.database, 0u);
    EXPECT_EQ(address.user, "");
    EXPECT_EQ(good("redis://localhost/").database, 0u);
    EXPECT_EQ(good("redis-sentinel://a/m").endpoints.front().port, 26379);
}

TEST(RedisAddress, ReadsPasswordAloneAndUnescapedAtSign) {
    EXPECT_EQ(good("redis://:p@ss@host").password, "p@ss");
    EXPECT_EQ(good("redis://:p:q@host").password, "p:q");
}

TEST(RedisAddress, ReadsAddressLiterals) {
    EXPECT_EQ(good("redis://[::1]:7000").endpoints.front(), (RedisAddress::Endpoint{"::1", 7000}));
    EXPECT_EQ(good("redis://[fe80::2]").endpoints.front(),
              (RedisAddress::Endpoint{"fe80::2", 6379}));
    EXPECT_EQ(good("redis://127.0.0.1:1").endpoints.front(),
              (RedisAddress::Endpoint{"127.0.0.1", 1}));
}

TEST(RedisAddress, ReadsUnixSocketPaths) {
    EXPECT_EQ(good("unix:/run/redis.sock").kind, Kind::unix_socket);
    EXPECT_EQ(good("unix:/run/redis.sock").path, "/run/redis.sock");
    EXPECT_EQ(good("unix:///run/redis.sock").path, "/run/redis.sock");
    EXPECT_EQ(good("unix:/" + std::string(106, 'a')).path.size(), 107u);
    EXPECT_EQ(bad("unix:/" + std::string(107, 'a')).part, "path");
    EXPECT_EQ(bad("unix:redis.sock").part, "path");
}

TEST(RedisAddress, ReadsSentinelsAndClusters) {
    const RedisAddress sentinel = good("redis-sentinel://h1:1,h2,[::3]:3/mymaster");
    EXPECT_EQ(sentinel.kind, Kind::sentinel);
    EXPECT_EQ(sentinel.master, "mymaster");
    EXPECT_EQ(sentinel.endpoints,
              (std::vector<RedisAddress::Endpoint>{{"h1", 1}, {"h2", 26379}, {"::3", 3}}));
    const RedisAddress cluster = good("redis-cluster://:pw@h1:1,h2:2");
    EXPECT_EQ(cluster.kind, Kind::cluster);
    EXPECT_EQ(cluster.password, "pw");
    EXPECT_EQ(cluster.endpoints.size(), 2u);
}

TEST(RedisAddress, NamesThePartThatIsWrong) {
    EXPECT_EQ(bad("http://host").part, "scheme");
    EXPECT_EQ(bad("").part, "scheme");
    EXPECT_EQ(bad("redis://").part, "host");
    EXPECT_EQ(bad("redis://a b").part, "host");
    EXPECT_EQ(bad("redis://[::1").part, "host");
    EXPECT_EQ(bad("redis://[::1]x").part, "host");
    EXPECT_EQ(bad("redis://a,b").part, "host");
    EXPECT_EQ(bad("redis-cluster://a,,b").part, "host");
    EXPECT_EQ(bad("redis://h:").part, "port");
    EXPECT_EQ(bad("redis://h:0").part, "port");
    EXPECT_EQ(bad("redis://h:65536").part, "port");
    EXPECT_EQ(bad("redis://h:6379x").part, "port");
    EXPECT_EQ(bad("redis://h/-1").part, "database");
    EXPECT_EQ(bad("redis://h/1/2").part, "database");
    EXPECT_EQ(bad("redis-cluster://h/1").part, "database");
    EXPECT_EQ(bad("redis-sentinel://h").part, "master");
    EXPECT_EQ(bad("redis://secret@h").part, "password");
    EXPECT_EQ(bad("redis://:@h").part, "password");
    EXPECT_EQ(bad("redis://:%4@h").part, "password");
    EXPECT_EQ(bad("redis://h" + std::string(5000, 'x')).part, "length");
    EXPECT_NE(bad("redis://h:0").message.find("port"), std::string::npos);
}

TEST(RedisAddress, NeverShowsALogin) {
    for (const char* url :
         {"redis://hunter2:hunter2@h:6379/x", "redis://hunter2@h", "redis://:hunter2%@h",
          "redis-sentinel://:hunter2@h", "redis://:hunter2@h:bad"}) {
        EXPECT_EQ(bad(url).message.find("hunter2"), std::string::npos) << url;
    }
    EXPECT_EQ(good("redis://hunter2:hunter2@h/3").describe(), "redis://h:6379/3");
}

TEST(RedisAddress, DescribesItselfAsAUrlThatParsesToTheSame) {
    for (const char* url : {"redis://h:6379", "redis://[::1]:7/2", "unix:/a/b",
                            "redis-sentinel://a:1,b:2/m", "redis-cluster://a:1,b:2"}) {
        EXPECT_EQ(good(url).describe(), url);
    }
}

}  // namespace
}  // namespace redirector::store
