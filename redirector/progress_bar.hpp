// A progress bar on one line of standard error, drawn over itself.
// Shape:   "[#####.....]  50 %  5000 labels"; where the whole is not known, only what was counted.
// Threads: one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redirector {

class ProgressBar {
  public:
    // `things` is what is counted: "labels". Not shown, it does nothing.
    ProgressBar(bool shown, std::string_view things) : shown_(shown), things_(things) {}
    ~ProgressBar();  // ends its line
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    // `part` of the whole, 0 to 1. Draws some times a second, however often it is called; the
    // `last` time for certain.
    void show(std::optional<double> part, std::uint64_t count, bool last = false);

    // Takes the bar away, so that a line can be written; the next show() draws it again.
    void clear();

  private:
    using Clock = std::chrono::steady_clock;

    const bool shown_;
    const std::string things_;
    bool drawn_ = false;
    Clock::time_point next_{};
};

}  // namespace redirector
