// A host's addresses, within a time: the system's resolver knows no deadline and cannot be stopped,
// so it is asked on a thread of its own, which is left behind when it takes too long.
// Shape:   at most kMostLookUps threads, those left behind included. An address needs none.
// Units:   kLookUpTime; what a thread left behind takes is the resolver's affair (resolv.conf(5)).
// Errors:  timed_out; no_buffer_space while all threads are taken; what the resolver says.
// Threads: on the thread of the caller's executor.
#pragma once

#include "redirector/async.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/result.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace redirector::webhooks {

inline constexpr std::chrono::milliseconds kLookUpTime{3000};
inline constexpr std::size_t kMostLookUps = 32;

using Endpoints = boost::system::result<std::vector<net::ip::tcp::endpoint>>;

// The system's resolver; blocks (getaddrinfo(3)).
Endpoints ask_system(const std::string& host, const std::string& port);

class LookUp {
  public:
    using Ask = std::function<Endpoints(const std::string& host, const std::string& port)>;

    explicit LookUp(Ask ask = ask_system, std::chrono::milliseconds within = kLookUpTime);

    Awaitable<Endpoints> find(std::string host, std::string port);

  private:
    Ask ask_;
    std::chrono::milliseconds within_;
    std::shared_ptr<std::atomic<std::size_t>> running_;
};

}  // namespace redirector::webhooks
