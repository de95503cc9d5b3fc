// What a service manager hands to this process, and what it is told: listening sockets that stay
// open while one process replaces another, and the states "ready" and "stopping".
// Shape:   sockets come as descriptors 3, 4, ... with names in LISTEN_FDNAMES: `public` and `api`.
//          Without names the first is public, the second the API's. Several of one name (sockets
//          bound with SO_REUSEPORT) are shared out among the I/O threads.
// Errors:  a sentence for the operator.
// Threads: take_listeners() before any thread starts, since it changes the environment.
// Source:  sd_listen_fds(3), sd_notify(3).
#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace redirector {

// Empty where the process is to bind the address itself.
struct Listeners {
    std::vector<int> public_;
    std::vector<int> api;
};

struct ListenersError {
    std::string message;
};

// Takes what LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say is meant for this process, and removes
// these variables. Every descriptor must be a listening TCP socket, every name known.
boost::system::result<Listeners, ListenersError> take_listeners();

// "0.0.0.0:80, [::]:80": where these sockets listen, each address once.
std::string bound_addresses(const std::vector<int>& sockets);

// "READY=1", "STOPPING=1"; nothing happens where no NOTIFY_SOCKET is named.
void notify_service_manager(std::string_view state);

}  // namespace redirector
