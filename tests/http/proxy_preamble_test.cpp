#include "redirector/http/proxy_preamble.hpp"

#include <gtest/gtest.h>

#include <string>

namespace redirector::http {
namespace {

using namespace std::string_literals;
using State = Preamble::State;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
const IpAddress kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
const IpAddress kIpv6 = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

std::string version_2(int version_command, int family, const std::string& block) {
    std::string bytes = kSignature;
    bytes += static_cast<char>(version_command);
    bytes += static_cast<char>(family);
    bytes += static_cast<char>(block.size() >> 8);
    bytes += static_cast<char>(block.size() & 0xff);
    return bytes + block;
}

const std::string kBlock4 = "\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"s;
const std::string kBlock6 = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"s +
                            "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"s + "\xdc\x04\x01\xbb"s;

struct Good {
    std::string bytes;
    std::optional<IpAddress> source;
};

TEST(ProxyPreamble, GivesTheSourceOfBothVersions) {
    const Good all[] = {
        {"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", kMapped},
        {"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", kIpv6},
        {"PROXY TCP4 192.0.2.1 198.51.100.2 0 65535\r\n", kMapped},
        {"PROXY UNKNOWN\r\n", std::nullopt},
        {"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", std::nullopt},
        {version_2(0x21, 0x11, kBlock4), kMapped},
        {version_2(0x21, 0x21, kBlock6), kIpv6},
        {version_2(0x21, 0x12, kBlock4), kMapped},                          // UDP
        {version_2(0x21, 0x11, kBlock4 + "\x04\x00\x01x"s), kMapped},       // with a TLV
        {version_2(0x21, 0x11, kBlock4 + std::string(508, 'x')), kMapped},  // 536 bytes
        {version_2(0x20, 0x00, ""), std::nullopt},                          // LOCAL
        {version_2(0x20, 0x11, kBlock4), std::nullopt},                     // LOCAL, addresses
        {version_2(0x21, 0x00, ""), std::nullopt},                          // UNSPEC
        {version_2(0x21, 0x31, std::string(216, '/')), std::nullopt},       // Unix
    };
    for (const Good& good : all) {
        const Preamble whole = read_preamble(good.bytes + "GET / HTTP/1.1\r\n");
        EXPECT_EQ(whole.state, State::complete) << good.bytes;
        EXPECT_EQ(whole.length, good.bytes.size()) << good.bytes;
        EXPECT_EQ(whole.source, good.source) << good.bytes;
        for (std::size_t cut = 0; cut < good.bytes.size(); ++cut) {
            EXPECT_EQ(read_preamble(std::string_view(good.bytes).substr(0, cut)).state,
                      State::need_more)
                << good.bytes << " cut at " << cut;
        }
    }
}

TEST(ProxyPreamble, RefusesWhatIsMalformed) {
    const std::string all[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "proxy TCP4 192.0.2.1 198.51.100.2 56324 443\r\n",
        "PROXY\tTCP4 192.0.2.1 198.51.100.2 56324 443\r\n",
        "PROXY \r\n",
        "PROXY UNKNOWNX\r\n",
        "PROXY TCP5 192.0.2.1 198.51.100.2 56324 443\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 56324 443\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.2 56324 443\r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.2 56324 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 1\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 56324 044\r\n",
        "PROXY TCP4 192.0.2.1  198.51.100.2 56324 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n",
        "PROXY TCP4 192.0.2.1\0 198.51.100.2 56324 443\r\n"s,
        "PROXY UNKNOWN " + std::string(100, 'x') + "\r\n",
        version_2(0x11, 0x11, kBlock4),
        version_2(0x22, 0x11, kBlock4),
        version_2(0x21, 0x11, kBlock4.substr(1)),
        version_2(0x21, 0x21, kBlock6.substr(1)),
        version_2(0x21, 0x11, kBlock4 + std::string(509, 'x')),
        kSignature + "\x21\x11\xff\xff",
    };
    for (const std::string& bytes : all) {
        EXPECT_EQ(read_preamble(bytes).state, State::malformed) << bytes;
    }
}

TEST(ProxyPreamble, NeverAsksForMoreThanItsBound) {
    const std::string endless = "PROXY UNKNOWN " + std::string(93, 'x');
    EXPECT_EQ(endless.size(), kMaxPreambleV1);
    EXPECT_EQ(read_preamble(endless).state, State::malformed);
    EXPECT_EQ(read_preamble(std::string_view(endless).substr(1)).state, State::malformed);
}

}  // namespace
}  // namespace redirector::http
