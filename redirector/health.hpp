// Whether this process should get traffic: what /readyz answers.
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector {

class Health {
  public:
    struct Check {
        std::string_view name;
        std::function<bool()> passes;  // called from any I/O thread
    };

    // A figure that says more than ready or not.
    struct Detail {
        std::string_view name;
        std::function<std::int64_t()> read;  // called from any I/O thread
    };

    // Before the first request.
    void add_detail(Detail detail) { details_.push_back(std::move(detail)); }
    const std::vector<Detail>& details() const { return details_; }

    // Before the first request.
    void add(Check check) { checks_.push_back(std::move(check)); }

    void drain() { draining_.store(true, std::memory_order_relaxed); }
    bool draining() const { return draining_.load(std::memory_order_relaxed); }

    // Names of the checks that fail now, "draining" among them; empty: ready.
    std::vector<std::string_view> failing() const {
        std::vector<std::string_view> names;
        if (draining()) names.emplace_back("draining");
        for (const Check& check : checks_) {
            if (!check.passes()) names.push_back(check.name);
        }
        return names;
    }

  private:
    std::atomic<bool> draining_{false};
    std::vector<Check> checks_;
    std::vector<Detail> details_;
};

}  // namespace redirector
