// One connection of the generator: requests out, replies counted in.
// Shape:   a batch of requests goes out in one write; the next batch only once all are answered.
// Units:   times are nanoseconds of the steady clock.
// Errors:  a connection that breaks, or a reply that is none, is counted and the connection made
//          anew.
#pragma once

#include "bench/load/generator/histogram.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace load {

std::uint64_t now_ns();

// What all connections together have seen since the warm-up.
struct Tally {
    Histogram latency;                        // from the time when a request was to be sent
    std::array<std::uint64_t, 6> by_class{};  // replies by the first digit of the status
    std::uint64_t broken = 0;
    std::uint64_t bytes = 0;
    bool counting = false;
};

class Client {
  public:
    Client(int epoll, std::uint16_t port, bool one_request, Tally& tally);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    bool idle() const { return due_.empty(); }
    // Where the next requests are appended; then send() them, each with its time.
    std::string& output() { return output_; }
    void add_due(std::uint64_t at) { due_.push_back(at); }
    void send();

    // The socket is readable or writable.
    void ready();

  private:
    void open();
    void close();
    void broken();
    void take(std::size_t bytes);
    void answered(int status_class);

    int epoll_;
    std::uint16_t port_;
    bool one_request_;
    Tally& tally_;
    int socket_ = -1;
    std::string output_;
    std::size_t sent_ = 0;
    std::string input_;
    std::deque<std::uint64_t> due_;  // when the requests not yet answered were to be sent
};

}  // namespace load
