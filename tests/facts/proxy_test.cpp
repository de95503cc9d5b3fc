#include "redirector/facts/proxy.hpp"

#include "redirector/facts/address.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace redirector::facts {
namespace {

IpAddress address(std::string_view text) {
    const auto parsed = parse_address(text);
    if (!parsed) throw std::runtime_error("no address: " + std::string{text});
    return *parsed;
}

TrustedProxies proxies(std::string_view list) {
    const auto parsed = TrustedProxies::parse(list);
    if (!parsed) throw std::runtime_error(parsed.error().message);
    return *parsed;
}

std::string refusal(std::string_view list) {
    const auto parsed = TrustedProxies::parse(list);
    return parsed ? "accepted" : parsed.error().message;
}

struct Headers {
    std::string_view x_forwarded_for{};
    std::string_view forwarded{};
};

// The client of a request from `peer`, with 10/8 and ::1 trusted.
std::string client(std::string_view peer, Headers headers) {
    Request request;
    request.peer = address(peer);
    request.fields[static_cast<std::size_t>(Field::x_forwarded_for)] = headers.x_forwarded_for;
    request.fields[static_cast<std::size_t>(Field::forwarded)] = headers.forwarded;
    return address_text(client_address(request, proxies("10.0.0.0/8,::1/128")));
}

TEST(ClientAddress, ReadsEveryLineOfTheFieldFromTheLast) {
    // As the parser hands them over: from the first value on, other fields between.
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "203.0.113.5\r\nHost: a\r\n"
                                                     "x-Forwarded-FOR: 10.0.0.3, 10.0.0.2"}),
              "203.0.113.5");
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "1.1.1.1\r\nX-Forwarded-For:203.0.113.5\r\n"
                                                     "X-Forwarded-For-Not: 2.2.2.2\r\n"
                                                     "X-Forwarded-For:\r\n"
                                                     "X-Forwarded-For: 10.0.0.2"}),
              "203.0.113.5");
    EXPECT_EQ(
        client("10.0.0.1", {.forwarded = "for=1.1.1.1\r\nForwarded: for=203.0.113.5\r\nA: b\r\n"
                                         "Forwarded: for=10.0.0.7;proto=http"}),
        "203.0.113.5");
    // What a line says counts only as far as the lines behind it are trusted.
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "1.1.1.1\r\nX-Forwarded-For: unknown"}),
              "10.0.0.1");
    std::string many = "203.0.113.5";
    for (int line = 0; line < 200; ++line)
        many += "\r\nX-Forwarded-For: 10.0.0.2";
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = many}), "10.0.0.2");
}

TEST(Address, GoesToBytesAndBack) {
    for (const auto* text : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1",
                             "2001:db8:1:2:3:4:5:6"}) {
        EXPECT_EQ(address_text(address(text)), text);
    }
    EXPECT_EQ(address_text(address("2001:DB8:0:0:0:0:0:1")), "2001:db8::1");
    EXPECT_EQ(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    EXPECT_EQ(address_text(address("::ffff:c000:201")), "192.0.2.1");
}

TEST(Address, RefusesWhatIsNotWhollyOne) {
    using namespace std::string_view_literals;
    for (const auto text :
         {""sv, "192.0.2"sv, "192.0.2.256"sv, "192.0.2.01"sv, "192.0.2.1 "sv, " 192.0.2.1"sv,
          "192.0.2.1\0"sv, "0x7f.1"sv, "2130706433"sv, "::1%lo"sv, "[::1]"sv, "::1::"sv, ":::"sv,
          "12345::"sv, "192.0.2.1:80"sv, "localhost"sv,
          "2001:0db8:0001:0002:0003:0004:0005:0006:0007:0008:0009:000a"sv}) {
        EXPECT_FALSE(parse_address(text)) << text;
    }
}

TEST(Address, KnowsWhichAreNowhereInParticular) {
    for (const auto* text :
         {"10.1.2.3", "127.0.0.1", "0.0.0.0", "100.64.0.1", "100.127.255.255", "169.254.1.1",
          "172.16.0.1", "172.31.255.255", "192.168.1.1", "::", "::1", "fe80::1", "febf::1",
          "fc00::1", "fd12::1", "::ffff:10.0.0.1"}) {
        EXPECT_TRUE(is_private(address(text))) << text;
    }
    for (const auto* text :
         {"9.255.255.255", "11.0.0.0", "100.63.0.1", "100.128.0.0", "172.15.0.1", "172.32.0.1",
          "192.167.0.1", "203.0.113.9", "::2", "fec0::1", "2001:db8::1", "fe00::1"}) {
        EXPECT_FALSE(is_private(address(text))) << text;
    }
}

TEST(TrustedProxies, HoldExactlyTheirBlocks) {
    const auto trusted = proxies(" 10.0.0.0/8 , 192.0.2.7,2001:db8::/33, 172.20.0.0/15 ");
    for (const auto* text : {"10.0.0.0", "10.255.255.255", "192.0.2.7", "2001:db8::1",
                             "2001:db8:7fff::1", "172.21.9.9"}) {
        EXPECT_TRUE(trusted.trusts(address(text))) << text;
    }
    for (const auto* text : {"11.0.0.0", "9.255.255.255", "192.0.2.6", "2001:db8:8000::1",
                             "172.22.0.0", "::1", "::10.0.0.1"}) {
        EXPECT_FALSE(trusted.trusts(address(text))) << text;
    }
}

TEST(TrustedProxies, TrustNobodyWhenEmpty) {
    for (const auto* text : {"", "  "}) {
        EXPECT_TRUE(proxies(text).empty());
        EXPECT_FALSE(proxies(text).trusts(address("127.0.0.1")));
    }
}

TEST(TrustedProxies, KeepFamiliesApart) {
    EXPECT_FALSE(proxies("::/0").trusts(address("192.0.2.1")));
    EXPECT_TRUE(proxies("::/0").trusts(address("2001:db8::1")));
    EXPECT_TRUE(proxies("0.0.0.0/0").trusts(address("192.0.2.1")));
    EXPECT_FALSE(proxies("0.0.0.0/0").trusts(address("2001:db8::1")));
    EXPECT_TRUE(proxies("::ffff:10.0.0.0/104").trusts(address("10.9.9.9")));
    EXPECT_FALSE(proxies("::ffff:10.0.0.0/104").trusts(address("11.9.9.9")));
}

TEST(TrustedProxies, NameTheBadItem) {
    EXPECT_EQ(refusal("10.0.0.0/8,banana"),
              "trusted proxy \"banana\": not an IPv4 or IPv6 address, or block such as 10.0.0.0/8");
    EXPECT_EQ(refusal("10.0.0.0/33"),
              "trusted proxy \"10.0.0.0/33\": the prefix is a number from 0 to 32");
    EXPECT_EQ(refusal("::1/129"),
              "trusted proxy \"::1/129\": the prefix is a number from 0 to 128");
    EXPECT_EQ(
        refusal("10.0.0.1/8"),
        "trusted proxy \"10.0.0.1/8\": bits are set behind the prefix; the block is 10.0.0.0/8");
    for (const auto* list : {"10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/+8",
                             "10.0.0.0 /8", "10.0.0.0/8,", ",", "10.0.0.0/8;::1", "/8"}) {
        EXPECT_NE(refusal(list), "accepted") << list;
    }
}

TEST(TrustedProxies, BoundTheList) {
    std::string list = "192.0.2.1";
    for (std::size_t block = 1; block < kMaxBlocks; ++block)
        list += ",192.0.2.1";
    EXPECT_EQ(refusal(list), "accepted");
    EXPECT_EQ(refusal(list + ",192.0.2.1"), "trusted proxy \"192.0.2.1\": more than 256 blocks");
}

TEST(ClientAddress, BelievesNothingFromAnUntrustedPeer) {
    EXPECT_EQ(client("198.51.100.9", {.x_forwarded_for = "203.0.113.5"}), "198.51.100.9");
    EXPECT_EQ(client("198.51.100.9", {.forwarded = "for=203.0.113.5"}), "198.51.100.9");
    EXPECT_EQ(client("2001:db8::9", {.x_forwarded_for = "203.0.113.5"}), "2001:db8::9");
}

TEST(ClientAddress, IsTheLastUntrustedEntry) {
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "203.0.113.5"}), "203.0.113.5");
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "1.1.1.1, 203.0.113.5"}), "203.0.113.5")
        << "what the client wrote itself stands on the left";
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "1.1.1.1,203.0.113.5,10.0.0.2\t, 10.0.0.3"}),
              "203.0.113.5");
    EXPECT_EQ(client("::1", {.x_forwarded_for = "2001:db8::7"}), "2001:db8::7");
    EXPECT_EQ(client("::ffff:10.0.0.1", {.x_forwarded_for = "::ffff:203.0.113.5"}), "203.0.113.5");
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "203.0.113.5:4711"}), "203.0.113.5");
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "[2001:db8::7]:4711"}), "2001:db8::7");
}

TEST(ClientAddress, StaysAtTheLastHopReachedWhenTheHeaderEnds) {
    EXPECT_EQ(client("10.0.0.1", {}), "10.0.0.1");
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "10.0.0.3, 10.0.0.2"}), "10.0.0.3");
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "203.0.113.5, garbage"}), "10.0.0.1");
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "203.0.113.5, unknown, 10.0.0.2"}),
              "10.0.0.2");
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "203.0.113.5, ,"}), "203.0.113.5");
    for (const auto* hostile : {"[", "[]", "[::1", "[10.0.0.9]", "[2001:db8::7]x", ":", "::ffff:",
                                "203.0.113.5:80:80", "203.0.113.5 1.1.1.1", "\"203.0.113.5"}) {
        EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = hostile}), "10.0.0.1") << hostile;
    }
}

TEST(ClientAddress, ReadsForwarded) {
    EXPECT_EQ(client("10.0.0.1", {.forwarded = "for=203.0.113.5"}), "203.0.113.5");
    EXPECT_EQ(
        client("10.0.0.1", {.forwarded = "proto=https;FOR=\"203.0.113.5:47011\" ; by=10.0.0.1"}),
        "203.0.113.5");
    EXPECT_EQ(client("10.0.0.1", {.forwarded = "for=1.1.1.1, For=\"[2001:db8:cafe::17]:4711\""}),
              "2001:db8:cafe::17");
    EXPECT_EQ(client("10.0.0.1", {.forwarded = "for=203.0.113.5, for=10.0.0.9;proto=http"}),
              "203.0.113.5");
    for (const auto* hidden : {"for=unknown", "for=_hidden", "proto=https", "for=", "for",
                               "for=1.1.1.1;for=2.2.2.2", "for=\"", "for=2001:db8::1x", ";", "="}) {
        EXPECT_EQ(client("10.0.0.1", {.forwarded = hidden}), "10.0.0.1") << hidden;
    }
}

TEST(ClientAddress, LetsNoQuoteOnTheLeftSwallowWhatTheProxyAdded) {
    EXPECT_EQ(client("10.0.0.1", {.forwarded = "for=\"1.1.1.1, for=203.0.113.5"}), "203.0.113.5");
    EXPECT_EQ(client("10.0.0.1", {.forwarded = "for=\"a\\\", for=\"[2001:db8::7]\""}),
              "2001:db8::7");
    EXPECT_EQ(client("10.0.0.1", {.forwarded = "for=1.1.1.1, for=203.0.113.5;host=\"a,b\\\",c\""}),
              "203.0.113.5");
}

TEST(ClientAddress, PrefersXForwardedFor) {
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = "203.0.113.5", .forwarded = "for=1.1.1.1"}),
              "203.0.113.5");
}

TEST(ClientAddress, WalksABoundedNumberOfHops) {
    std::string hops = "203.0.113.5";
    for (std::size_t hop = 1; hop < kMaxHops; ++hop)
        hops += ",10.0.0.2";
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = hops}), "203.0.113.5");
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = hops + ",10.0.0.2"}), "10.0.0.2");
    EXPECT_EQ(client("10.0.0.1", {.x_forwarded_for = std::string(8000, ',')}), "10.0.0.1");
}

}  // namespace
}  // namespace redirector::facts
