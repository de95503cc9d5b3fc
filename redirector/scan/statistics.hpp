// Hits by hour, country, device and rule: how they are kept. growths.hpp is what a batch adds.
// Shape:   a hash for each partition and day, in the partition's slot, changed by the script that
//          adds the hits themselves:
//          key    k:{acct:b}:<day>
//          field  a short id; "" for all of the partition
//          value  a MessagePack map of hits by name:
//                 0 .. 23     hits in that hour
//                 c<country>  of that country, ISO 3166-1
//                 d<device>   with that kind of device: facts/agent_class.hpp
//                 r<rule>     sent on by that rule: "default", "3" of the account,
//                             "<application>.3" of an application
//                 c* r*       of further countries and rules, beyond the first kMaxNames of the day
//          A value holds at most 24 + 9 + 2 * (kMaxNames + 1) names, and typically five. A key
//          expires `days` after its day. What is not known has no name.
// Units:   days since the epoch and hours of the day, UTC, by the scan's own time.
// Errors:  unpack_counts: nullopt for what is no such map.
// Threads: one thread.
// Source:  MessagePack, as Redis' cmsgpack library reads and writes it.
#pragma once

#include "redirector/scan/partition.hpp"
#include "redirector/scan/record.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redirector::scan {

inline constexpr std::uint64_t kDayMs = 86'400'000;
inline constexpr std::uint64_t kHourMs = 3'600'000;
inline constexpr unsigned kMaxNames = 32;

std::string statistics_key(const Partition& partition, std::uint64_t day);

// The name of the rule that chose the target.
std::string rule_name(const Scan& scan);

using Counts = std::vector<std::pair<std::string, std::uint64_t>>;  // name, hits

// A map is its size, then each name with its hits.
void append_counts_head(std::string& out, std::size_t names);
void append_count(std::string& out, std::string_view name, std::uint64_t hits);
std::optional<Counts> unpack_counts(std::string_view packed);

}  // namespace redirector::scan
