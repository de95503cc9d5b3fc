// What a record says of the client behind a request: the same for a redirect and for an action that
// a client made.
// Threads: pure.
#pragma once

#include "redirector/facts/geo.hpp"
#include "redirector/request.hpp"
#include "redirector/scan/record.hpp"

namespace redirector {

struct Config;

// Address (as far as it may be kept), agent, referer, language, and whether it objects to being
// tracked. Views of `scan` point into the request.
void describe_client(const Request& request,
                     const Config& config,
                     const IpAddress& client,
                     scan::Scan& scan);

// Where it is. Views of `scan` point into `place` and to what that points to.
void describe_place(const facts::GeoFacts& place, scan::Scan& scan);

}  // namespace redirector
