#include "redirector/service_manager.hpp"

#include "redirector/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace redirector {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
constexpr int kMost = 512;

std::string_view variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

std::string bound_address(int descriptor) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> port{};
    auto* const address = reinterpret_cast<sockaddr*>(&bound);
    const bool known = ::getsockname(descriptor, address, &size) == 0 &&
                       ::getnameinfo(address, size, host.data(), host.size(), port.data(),
                                     port.size(), NI_NUMERICHOST | NI_NUMERICSERV) == 0;
    if (!known) return "descriptor " + std::to_string(descriptor);
    const std::string name(host.data());
    return (bound.ss_family == AF_INET6 ? "[" + name + "]" : name) + ":" + port.data();
}

bool has(int descriptor, int option, int wanted) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 && value == wanted;
}

bool listens_on_tcp(int descriptor) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return false;
    return (bound.ss_family == AF_INET || bound.ss_family == AF_INET6) &&
           has(descriptor, SO_TYPE, SOCK_STREAM) && has(descriptor, SO_ACCEPTCONN, 1);
}

// The name of the descriptor at `position`; `names` is what is left of LISTEN_FDNAMES.
std::string_view take_name(std::string_view& names, int position) {
    if (names.empty()) return position == 0 ? "public" : position == 1 ? "api" : "";
    const auto colon = names.find(':');
    const std::string_view name = names.substr(0, colon);
    names = colon == names.npos ? ":" : names.substr(colon + 1);
    return name;
}

boost::system::result<Listeners, ListenersError> read_listeners(int count, std::string_view names) {
    Listeners listeners;
    for (int position = 0; position < count; ++position) {
        const int descriptor = kFirst + position;
        const std::string_view name = take_name(names, position);
        const std::string which = "LISTEN_FDS: descriptor " + std::to_string(descriptor);
        if (!listens_on_tcp(descriptor))
            return ListenersError{which + " is not a listening TCP socket"};
        if (name != "public" && name != "api")
            return ListenersError{which + " has the name \"" + std::string(name) +
                                  "\"; expected public or api (FileDescriptorName=)"};
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        (name == "public" ? listeners.public_ : listeners.api).push_back(descriptor);
    }
    return listeners;
}

}  // namespace

boost::system::result<Listeners, ListenersError> take_listeners() {
    const bool ours = to_number<int>(variable("LISTEN_PID")) == ::getpid();
    const int count = to_number<int>(variable("LISTEN_FDS")).value_or(-1);
    const std::string names(variable("LISTEN_FDNAMES"));
    for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        ::unsetenv(name);
    if (!ours) return Listeners{};
    if (count < 0 || count > kMost)
        return ListenersError{"LISTEN_FDS: expected a number from 0 to " + std::to_string(kMost)};
    return read_listeners(count, names);
}

std::string bound_addresses(const std::vector<int>& sockets) {
    std::vector<std::string> addresses;
    for (const int descriptor : sockets)
        addresses.push_back(bound_address(descriptor));
    std::ranges::sort(addresses);
    addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
    std::string text;
    for (const std::string& address : addresses)
        text.append(text.empty() ? "" : ", ").append(address);
    return text;
}

void notify_service_manager(std::string_view state) {
    const std::string_view path = variable("NOTIFY_SOCKET");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) return;
    path.copy(address.sun_path, path.size());
    if (path.front() == '@') address.sun_path[0] = '\0';  // of the abstract namespace
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    // Whoever asked to be told and does not listen is not worth a word.
    ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), size);
    ::close(descriptor);
}

}  // namespace redirector
