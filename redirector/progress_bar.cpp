#include "redirector/progress_bar.hpp"

#include <algorithm>
#include <cstdio>

namespace redirector {
namespace {

constexpr std::chrono::milliseconds kInterval{100};
constexpr int kWidth = 30;

}  // namespace

ProgressBar::~ProgressBar() {
    if (drawn_) std::fputs("\n", stderr);
}

void ProgressBar::show(std::optional<double> part, std::uint64_t count, bool last) {
    const Clock::time_point now = Clock::now();
    if (!shown_ || (!last && now < next_)) return;
    next_ = now + kInterval;
    drawn_ = true;
    std::fputs("\r", stderr);
    if (part) {
        const double shown = std::clamp(*part, 0.0, 1.0);
        std::string bar(kWidth, '.');
        std::fill_n(bar.begin(), static_cast<int>(shown * kWidth), '#');
        std::fprintf(stderr, "[%s] %3d %%  ", bar.c_str(), static_cast<int>(shown * 100));
    }
    std::fprintf(stderr, "%llu %s", static_cast<unsigned long long>(count), things_.c_str());
}

void ProgressBar::clear() {
    if (!drawn_) return;
    std::fputs("\r\x1b[K", stderr);  // ECMA-48 8.3.41: erases the line
    drawn_ = false;
    next_ = {};
}

}  // namespace redirector
