// What one batch adds to the statistics (statistics.hpp).
// Shape:   a batch has few days, hours, countries, devices and rules, and many short ids: names are
//          numbered once, and a short id that was scanned once is four small numbers.
// Threads: one thread.
#pragma once

#include "redirector/scan/record.hpp"
#include "redirector/scan/text_hash.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redirector::scan {

class Growths {
  public:
    struct Count {
        std::uint16_t name;
        std::uint32_t hits;
    };
    using Counts = boost::container::small_vector<Count, 4>;

    struct Day {
        std::uint64_t day = 0;                                 // since the epoch, UTC
        Counts total;                                          // of the partition
        std::vector<std::pair<std::size_t, Counts>> of_ids{};  // a short id's number, its growth
        std::vector<std::uint32_t> places{};  // of a number among of_ids, from 1; 0: it has none
    };

    // A hit of the short id that the batch calls `id`; these numbers are dense, from 0. `device`:
    // empty when it is not known.
    void add(const Scan& scan, std::size_t id, std::string_view device);

    const std::vector<Day>& days() const noexcept { return days_; }
    std::string pack(const Counts& counts) const;

  private:
    struct Name {
        std::string text;
        char kind;  // 'c', 'r': at most kMaxNames of it in one growth; else '\0'
    };

    Counts& counts_of(Day& day, std::size_t id);
    std::uint16_t number_of(std::string_view kind, std::string_view name);
    void increase(Counts& counts, std::uint16_t name);

    std::vector<Day> days_;
    std::vector<Name> names_;
    boost::unordered_flat_map<std::string, std::uint16_t, TextHash, std::equal_to<>> numbers_;
    std::string scratch_;
};

}  // namespace redirector::scan
