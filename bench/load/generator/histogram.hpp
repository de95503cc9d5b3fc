// Latencies, each kept to within 1.6 %: 64 steps per power of two.
// Units:   nanoseconds.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace load {

class Histogram {
  public:
    void add(std::uint64_t ns) {
        ++counts_[slot_of(ns)];
        ++total_;
    }

    std::uint64_t count() const { return total_; }

    // The value that `share` (0 to 1) of all are at or below; 0 when there is none.
    std::uint64_t quantile(double share) const {
        auto left = static_cast<std::uint64_t>(share * static_cast<double>(total_));
        for (std::size_t slot = 0; slot < counts_.size(); ++slot) {
            if (counts_[slot] > left) return value_of(slot);
            left -= counts_[slot];
        }
        return total_ == 0 ? 0 : value_of(counts_.size() - 1);
    }

  private:
    static constexpr unsigned kBits = 6;
    static constexpr std::uint64_t kSteps = 1U << kBits;

    static std::size_t slot_of(std::uint64_t ns) {
        if (ns < kSteps) return ns;
        const auto shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - kBits;
        return (shift + 1) * kSteps + ((ns >> shift) - kSteps);
    }
    static std::uint64_t value_of(std::size_t slot) {
        if (slot < kSteps) return slot;
        const std::uint64_t shift = slot / kSteps - 1;
        return (slot % kSteps + kSteps) << shift;
    }

    std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(64 * kSteps);
    std::uint64_t total_ = 0;
};

}  // namespace load
