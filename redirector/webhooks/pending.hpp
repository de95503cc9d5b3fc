// A batch on its way: kept before it is first sent, so that every try, after a crash too, sends the
// same actions under the same ID. As a dead letter the same text tells what was given up.
// Shape:   a JSON object; from and to are cursors.
// Units:   times are milliseconds since the epoch.
// Errors:  nullopt for text that was not made here.
// Threads: pure.
#pragma once

#include "redirector/webhooks/cursor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redirector::webhooks {

struct Pending {
    std::string id;  // Webhook-Id
    Cursor from;
    Cursor to;
    std::uint64_t actions = 0;
    std::uint64_t since_ms = 0;  // when its first action was taken in
    unsigned tries = 0;          // so far
    std::int64_t due_ms = 0;     // of the next
    bool redriven = false;       // a dead letter that is sent again: the cursor stays
};

std::string to_text(const Pending& pending);
std::optional<Pending> parse_pending(std::string_view text);

// What the list of dead letters keeps: parse_pending() takes it, too.
std::string dead_letter(const Pending& pending, std::string_view reason, std::int64_t now_ms);

}  // namespace redirector::webhooks
