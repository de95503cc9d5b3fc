// The two applications: the short domain, and the management API.
// Threads: an App belongs to the I/O thread of its Services, which outlives it.
#pragma once

#include "redirector/app.hpp"
#include "redirector/services.hpp"

#include <memory>

namespace redirector {

std::unique_ptr<App> make_public_app(Services& services);
std::unique_ptr<App> make_api_app(Services& services);

}  // namespace redirector
