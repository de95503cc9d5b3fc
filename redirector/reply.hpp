// What a handler answers: status, header fields, body. http/wire.hpp turns it into bytes.
// Shape:   one Reply per session, reused for every request, so that a redirect allocates nothing
//          once its strings have grown.
// Errors:  a field value can hold no control character: add() replaces each by a blank, so nothing
//          can split the header.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace redirector {

class BodyStream;

struct Reply {
    int status = 200;
    std::string_view content_type;  // static storage; empty: no Content-Type line
    std::string fields;             // complete lines, each "Name: value\r\n"
    std::string body;
    std::shared_ptr<BodyStream> stream;  // instead of `body`; set by App::answer() only, unshared
    bool close = false;                  // end the connection after this reply

    void clear() {
        status = 200;
        content_type = {};
        fields.clear();
        body.clear();
        stream.reset();
        close = false;
    }

    // Adds one header field. `name` is a token in our own spelling, never data.
    void add(std::string_view name, std::string_view value) {
        fields.append(name).append(": ");
        for (const char c : value) {
            const auto byte = static_cast<unsigned char>(c);
            fields += byte < 0x20 || byte == 0x7f ? ' ' : c;
        }
        fields.append("\r\n");
    }
};

}  // namespace redirector
