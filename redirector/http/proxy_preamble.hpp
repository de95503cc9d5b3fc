// The PROXY protocol's preamble: who the client behind a balancer is, versions 1 and 2.
// Shape:   pure: all bytes so far -> need more, complete, or malformed. Never asks for more than
//          kMaxPreamble bytes.
// Errors:  State::malformed; the connection is to be closed without an answer.
// Source:  HAProxy's proxy-protocol.txt, sections 2.1 and 2.2; RFC 4291 2.5.5.2 for mapped
// addresses.
#pragma once

#include "redirector/request.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace redirector::http {

inline constexpr std::size_t kMaxPreambleV1 = 107;  // with its line end
inline constexpr std::size_t kMaxPreamble = 536;    // version 2, with its 16 bytes of header

struct Preamble {
    enum class State { need_more, complete, malformed };
    State state = State::need_more;
    std::size_t length = 0;           // bytes to drop, when complete
    std::optional<IpAddress> source;  // absent: UNKNOWN, LOCAL, or not an IP connection
};

// `bytes` are the connection's first ones, from its very start.
Preamble read_preamble(std::string_view bytes);

}  // namespace redirector::http
