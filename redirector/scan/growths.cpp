#include "redirector/scan/growths.hpp"

#include "redirector/scan/statistics.hpp"

#include <algorithm>

namespace redirector::scan {
namespace {

// The year 2243: a clock that is wrong must not make an expiry that Redis refuses.
constexpr std::uint64_t kLastDay = 100'000;

Growths::Day& day_of(std::vector<Growths::Day>& days, std::uint64_t day) {
    const auto found = std::ranges::find(days, day, &Growths::Day::day);
    return found != days.end() ? *found : days.emplace_back(Growths::Day{day, {}});
}

}  // namespace

void Growths::add(const Scan& scan, std::size_t id, std::string_view device) {
    Day& day = day_of(days_, std::min(scan.time_ms / kDayMs, kLastDay));
    boost::container::small_vector<std::uint16_t, 4> names;
    names.push_back(number_of("", std::to_string(scan.time_ms % kDayMs / kHourMs)));
    if (!scan.country.empty()) names.push_back(number_of("c", scan.country));
    if (!device.empty()) names.push_back(number_of("d", device));
    names.push_back(number_of("r", rule_name(scan)));
    Counts& counts = counts_of(day, id);
    for (const std::uint16_t name : names) {
        increase(counts, name);
        increase(day.total, name);
    }
}

Growths::Counts& Growths::counts_of(Day& day, std::size_t id) {
    if (day.places.size() <= id) day.places.resize(id + 1);
    std::uint32_t& place = day.places[id];
    if (place == 0) {
        day.of_ids.emplace_back(id, Counts());
        place = static_cast<std::uint32_t>(day.of_ids.size());
    }
    return day.of_ids[place - 1].second;
}

// A batch's records bound the numbers: 4 of each, and two for the rest of a kind.
std::uint16_t Growths::number_of(std::string_view kind, std::string_view name) {
    scratch_.assign(kind).append(name);
    if (const auto found = numbers_.find(scratch_); found != numbers_.end()) return found->second;
    const auto number = static_cast<std::uint16_t>(names_.size());
    const bool bounded = kind == "c" || kind == "r";
    names_.push_back({scratch_, bounded ? kind.front() : '\0'});
    numbers_.emplace(scratch_, number);
    return number;
}

void Growths::increase(Counts& counts, std::uint16_t name) {
    if (const auto known = std::ranges::find(counts, name, &Count::name); known != counts.end()) {
        ++known->hits;
        return;
    }
    if (const char kind = names_[name].kind; kind != '\0') {
        const auto same = [&](const Count& count) { return names_[count.name].kind == kind; };
        const std::uint16_t rest = number_of({&kind, 1}, "*");
        if (name != rest && std::ranges::count_if(counts, same) >= kMaxNames)
            return increase(counts, rest);
    }
    counts.push_back({name, 1});
}

std::string Growths::pack(const Counts& counts) const {
    std::string packed;
    append_counts_head(packed, counts.size());
    for (const Count& count : counts)
        append_count(packed, names_[count.name].text, count.hits);
    return packed;
}

}  // namespace redirector::scan
