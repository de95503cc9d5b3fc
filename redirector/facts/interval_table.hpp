// A map from every key of a type to a 32-bit value, stored as the keys at which the value changes.
// Shape:   sorted start keys and their values; an index by the leading kIndexBits bits of the key
//          narrows the binary search, so that it ends within few cache lines.
// Threads: filled by one thread, then immutable.
// Source:  measured beside libmaxminddb's walk in bench/facts_bench.cpp (README.md).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace redirector::facts {

template <class Key>
class IntervalTable {
  public:
    static constexpr int kIndexBits = 16;

    // From `first` on, up to the next appended key, the value is `value`. Keys ascend, and the
    // first one is 0.
    void append(Key first, std::uint32_t value) {
        if (!values_.empty() && values_.back() == value) return;
        starts_.push_back(first);
        values_.push_back(value);
    }

    // Ends the filling; at least one key was appended.
    void finish() {
        starts_.shrink_to_fit();
        values_.shrink_to_fit();
        index_.resize((std::size_t{1} << kIndexBits) + 1,
                      static_cast<std::uint32_t>(starts_.size()));
        std::uint32_t interval = 0;
        for (std::size_t head = 0; head + 1 < index_.size(); ++head) {
            const Key key = static_cast<Key>(head) << kShift;
            while (interval + 1 < starts_.size() && starts_[interval + 1] <= key)
                ++interval;
            index_[head] = interval;
        }
    }

    // The value at `key`.
    std::uint32_t find(Key key) const {
        const auto head = static_cast<std::size_t>(key >> kShift);
        // The interval sought begins at or behind the one in force where these leading bits begin,
        // and not behind the one in force where the next ones begin.
        const Key* const starts = starts_.data();
        const Key* const low = starts + index_[head];
        const Key* const high = starts + std::min<std::size_t>(index_[head + 1] + 1, size());
        return values_[static_cast<std::size_t>(std::upper_bound(low, high, key) - starts) - 1];
    }

    std::size_t size() const { return starts_.size(); }
    std::size_t bytes() const {
        return starts_.capacity() * sizeof(Key) +
               (values_.capacity() + index_.capacity()) * sizeof(std::uint32_t);
    }

  private:
    static constexpr int kShift = static_cast<int>(sizeof(Key)) * 8 - kIndexBits;

    std::vector<Key> starts_;
    std::vector<std::uint32_t> values_;
    std::vector<std::uint32_t> index_;
};

}  // namespace redirector::facts
