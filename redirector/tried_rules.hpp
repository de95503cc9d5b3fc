// Rules tried on what was recorded: why an action is sent where it is, and how many of the last
// scans a draft would send elsewhere.
// Shape:   a record is made a scan again (recorded_scan.hpp) and goes the way that a redirect goes;
//          a draft stands where the rules in force would be found. Documents are as they are now.
//          Nothing is recorded, nothing changes.
// Errors:  answered, as in api/trials.hpp.
// Threads: on the I/O thread of the call.
#pragma once

#include "redirector/api/call.hpp"

namespace redirector {

Awaitable<void> explain_rules(api::Call& call);  // POST .../redirector/explain
Awaitable<void> replay_scans(api::Call& call);   // POST .../redirector/replay

}  // namespace redirector
