// Forwarding headers and lists of trusted proxies: any bytes. Input: first line a list of blocks,
// second X-Forwarded-For, the rest Forwarded.
#include "redirector/facts/address.hpp"
#include "redirector/facts/proxy.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool promise) {
    if (!promise) std::abort();
}

std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace redirector;
    std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto list = take_line(text);
    const auto trusted = facts::TrustedProxies::parse(list);
    require(trusted || !trusted.error().message.empty());

    Request request;
    request.peer = *facts::parse_address("10.0.0.1");
    request.fields[static_cast<std::size_t>(Field::x_forwarded_for)] = take_line(text);
    request.fields[static_cast<std::size_t>(Field::forwarded)] = text;
    static const auto usual = *facts::TrustedProxies::parse("10.0.0.0/8, 2001:db8::/32");
    const auto& proxies = trusted ? *trusted : usual;
    const auto client = facts::client_address(request, proxies);
    require(proxies.trusts(request.peer) || client == request.peer);
    require(facts::parse_address(facts::address_text(client)) == client);

    if (const auto address = facts::parse_address(list)) {
        require(facts::parse_address(facts::address_text(*address)) == address);
    }
    return 0;
}
