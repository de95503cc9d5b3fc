// A count with one writing thread and any number of reading ones: adding is a load and a store, no
// locked instruction. Each figure is right by itself, not to the instant with its neighbours.
#pragma once

#include <atomic>
#include <cstdint>

namespace redirector {

class Counter {
  public:
    void add(std::uint64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
    }
    std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

}  // namespace redirector
