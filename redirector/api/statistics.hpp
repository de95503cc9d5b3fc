// Hits by hour or day, country, device and rule: of one redirection, and of the account.
// Shape:   StatisticsDocument of tables.cpp. What scan/statistics.hpp keeps is added up over the
//          days asked for; nothing is scanned.
// Units:   UTC; `from` and `to` in milliseconds, widened to whole days.
// Errors:  through Call::refuse.
// Threads: on the I/O thread of the call.
#pragma once

#include "redirector/api/route.hpp"

#include <span>

namespace redirector::api {

std::span<const Route> statistics_routes();

}  // namespace redirector::api
