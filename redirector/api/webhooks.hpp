// Webhooks of an account: whom the account's new actions are sent to. The documents, and what went
// undelivered; webhooks/delivery.hpp sends.
// Errors:  answered.
// Threads: on the I/O thread of the call.
#pragma once

#include "redirector/api/documents.hpp"
#include "redirector/api/route.hpp"

#include <cstddef>
#include <span>

namespace redirector::api {

inline constexpr std::size_t kMaxWebhooks = 20;        // of an account
inline constexpr std::size_t kMaxDeadLetters = 1'000;  // of a webhook; beyond, the oldest go

extern const Resource kWebhooks;

std::span<const Route> webhook_routes();

}  // namespace redirector::api
