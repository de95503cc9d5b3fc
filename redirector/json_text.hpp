// A text as JSON (RFC 8259 7), for the one object that a command prints.
#pragma once

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace redirector {

// With its quotes.
inline std::string quote_json(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) {
            std::array<char, 7> code;
            std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
            quoted += code.data();
            continue;
        }
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace redirector
