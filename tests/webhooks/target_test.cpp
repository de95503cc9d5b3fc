#include "redirector/webhooks/target.hpp"

#include "redirector/facts/address.hpp"

#include <gtest/gtest.h>

namespace redirector::webhooks {
namespace {

bool public_text(std::string_view text) {
    const auto address = facts::parse_address(text);
    EXPECT_TRUE(address) << text;
    return address && is_public(*address);
}

TEST(IsPublic, RefusesWhatLeadsInside) {
    for (const char* text : {"127.0.0.1",
                             "127.255.0.9",
                             "10.0.0.1",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.168.1.1",
                             "169.254.169.254",
                             "100.64.0.1",
                             "0.0.0.0",
                             "0.1.2.3",
                             "224.0.0.1",
                             "239.1.1.1",
                             "240.0.0.1",
                             "255.255.255.255",
                             "192.0.0.1",
                             "192.0.2.1",
                             "198.18.0.1",
                             "198.51.100.1",
                             "203.0.113.1",
                             "192.88.99.1",
                             "::",
                             "::1",
                             "::127.0.0.1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "::ffff:a9fe:a9fe",
                             "64:ff9b::7f00:1",
                             "fe80::1",
                             "fec0::1",
                             "fc00::1",
                             "fd12:3456::1",
                             "ff02::1",
                             "2001:db8::1",
                             "2001::1",
                             "2002:7f00:1::1",
                             "2002:a00:1::",
                             "100::1",
                             "3fff::1",
                             "64:ff9b:1::a00:1",
                             "4000::1"})
        EXPECT_FALSE(public_text(text)) << text;
}

TEST(IsPublic, TakesTheInternet) {
    for (const char* text : {"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1",
                             "192.0.1.1", "198.20.0.1", "223.255.255.255", "::ffff:8.8.8.8",
                             "2606:4700::1111", "2a00:1450::1", "2001:4860::8888"})
        EXPECT_TRUE(public_text(text)) << text;
}

TEST(Target, HasItsPartsAndTheSchemesPort) {
    const auto plain = parse_target("http://hooks.example/in?k=1#part");
    ASSERT_TRUE(plain);
    EXPECT_FALSE(plain->tls);
    EXPECT_EQ(plain->host, "hooks.example");
    EXPECT_EQ(plain->port, "80");
    EXPECT_EQ(plain->path, "/in?k=1");
    const auto secure = parse_target("https://[2001:db8::1]:8443?q");
    ASSERT_TRUE(secure);
    EXPECT_TRUE(secure->tls);
    EXPECT_EQ(secure->host, "2001:db8::1");
    EXPECT_EQ(secure->port, "8443");
    EXPECT_EQ(secure->authority, "[2001:db8::1]:8443");
    EXPECT_EQ(secure->path, "/?q");
    EXPECT_EQ(parse_target("https://[::1]/")->port, "443");
    EXPECT_EQ(parse_target("http://a:/")->port, "80");
}

TEST(Target, RefusesWhatCouldMeanSomethingElse) {
    for (const char* url : {"", "ftp://a/", "http://", "http:///a", "http://u:p@a/", "http://u@a/",
                            "http://a b/", "http://a/\r\nX: y", "http://[::1/", "http://::1]/",
                            "http://a:b/", "http://a:123456/", "http://a\\@b/", "HTTP://a/"})
        EXPECT_FALSE(parse_target(url)) << url;
}

}  // namespace
}  // namespace redirector::webhooks
