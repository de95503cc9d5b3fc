// What a management call changed, for the audit log: which document, and the SHA-256 of its record
// before and after. Contents, keys and addresses never stand in it.
// Threads: belongs to one call.
#pragma once

#include <string>
#include <string_view>

namespace redirector::api {

struct ChangeNote {
    std::string what;  // "thng", "redirection", "redirector" ...
    std::string id;
    std::string before;  // 64 hexadecimal digits; empty: there was none
    std::string after;   // the same; empty: it was removed
};

// `before` and `after` are records as stored; empty: none.
ChangeNote note_change(std::string_view what,
                       std::string_view id,
                       std::string_view before,
                       std::string_view after);

}  // namespace redirector::api
