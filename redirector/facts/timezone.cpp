#include "redirector/facts/timezone.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <date/tz.h>
#include <exception>
#include <fstream>
#include <limits>
#include <numbers>
#include <unordered_map>

namespace redirector::facts {

class Zone {
  public:
    Zone(const date::time_zone& rules, std::size_t place) : rules_(&rules), place_(place) {}

    const date::time_zone& rules() const { return *rules_; }
    std::size_t place() const { return place_; }  // in the catalogue

  private:
    const date::time_zone* rules_;
    std::size_t place_;
};

namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using namespace std::chrono_literals;

constexpr const char* kPlacesFile = "/usr/share/zoneinfo/zone.tab";
constexpr std::size_t kCountries = 26 * 26;

// One day inside the years 1 and 9999, so that the local year is in 1..9999 as well.
constexpr Instant kFirstInstant = sys_days{std::chrono::year{1} / 1 / 2};
constexpr Instant kLastInstant = sys_days{std::chrono::year{9999} / 12 / 30};

// A principal place of a zone: one line of zone.tab.
struct ZonePlace {
    const Zone* zone;
    double latitude;
    double longitude;
};

std::size_t country_index(CountryCode country) {
    const auto place = [](char letter) { return static_cast<std::size_t>(letter - 'A'); };
    return place(country.letters[0]) * 26 + place(country.letters[1]);
}

date::sys_info offset_info(const Zone& zone, Instant instant) {
    return zone.rules().get_info(std::chrono::floor<seconds>(instant));
}

// Files that are in the folder but are no zones: the host's own, and a template.
bool is_zone_name(std::string_view zone_name) {
    return zone_name != "localtime" && zone_name != "posixrules" && zone_name != "Factory";
}

// The library reads a zone's file when the zone is first asked; asking here keeps reads, and the
// exception for a broken file, away from requests.
bool is_readable(const date::time_zone& zone) try {
    zone.get_info(std::chrono::sys_seconds{});
    return true;
} catch (const std::exception&) {
    return false;
}

// "+404251-0740023" or "+5230+01322": ISO 6709, as zone.tab has it.
std::optional<double> parse_angle(std::string_view text, std::size_t degree_digits) {
    std::array<int, 3> parts{};  // degrees, minutes, seconds
    std::size_t at = 1;
    for (std::size_t part = 0; part < parts.size() && at < text.size(); ++part) {
        const auto digits = text.substr(at, part == 0 ? degree_digits : 2);
        const auto end = digits.data() + digits.size();
        if (std::from_chars(digits.data(), end, parts[part]).ptr != end) return std::nullopt;
        at += digits.size();
    }
    const double angle = parts[0] + parts[1] / 60.0 + parts[2] / 3600.0;
    return text[0] == '-' ? -angle : angle;
}

std::optional<ZonePlace> parse_place(std::string_view coordinates, const Zone* zone) {
    const auto second_sign = coordinates.find_first_of("+-", 1);
    if (zone == nullptr || second_sign == coordinates.npos) return std::nullopt;
    const auto latitude = parse_angle(coordinates.substr(0, second_sign), 2);
    const auto longitude = parse_angle(coordinates.substr(second_sign), 3);
    if (!latitude || !longitude) return std::nullopt;
    return ZonePlace{zone, *latitude, *longitude};
}

bool keep_same_time(const Zone& a, const Zone& b, Instant from, Instant until) {
    for (Instant at = from; at < until;) {
        const auto info_a = offset_info(a, at);
        const auto info_b = offset_info(b, at);
        if (info_a.offset != info_b.offset) return false;
        at = std::min(info_a.end, info_b.end);
    }
    return true;
}

}  // namespace

struct ZoneCatalog::Tables {
    std::vector<Zone> zones;
    std::unordered_map<std::string_view, const Zone*> by_name;
    std::array<std::vector<ZonePlace>, kCountries> places;  // in the order of zone.tab
    std::array<const Zone*, kCountries> only{};             // see of_country
    const Zone* utc = nullptr;

    void add_zones(const date::tzdb& database);
    bool knows_coming_changes() const;
    bool read_places();
    void choose_only_zones(Instant now);
};

void ZoneCatalog::Tables::add_zones(const date::tzdb& database) {
    zones.reserve(database.zones.size());  // by_name points into it
    for (const auto& rules : database.zones) {
        if (!is_zone_name(rules.name()) || !is_readable(rules)) continue;
        zones.emplace_back(rules, zones.size());
        by_name.emplace(rules.name(), &zones.back());
    }
    const auto found = by_name.find("UTC");
    utc = found == by_name.end() ? nullptr : found->second;
}

// Files built "slim" leave coming changes to a rule at their end, which the library does not read;
// with such files every summer would be an hour wrong.
bool ZoneCatalog::Tables::knows_coming_changes() const {
    constexpr Instant kNewYear2036 = sys_days{std::chrono::year{2036} / 1 / 1};
    return std::any_of(zones.begin(), zones.end(), [=](const Zone& zone) {
        return offset_info(zone, kNewYear2036).end < kNewYear2036 + days{366};
    });
}

bool ZoneCatalog::Tables::read_places() {
    std::ifstream file{kPlacesFile};
    for (std::string text; std::getline(file, text);) {
        const std::string_view line = text;
        const auto first_tab = line.find('\t');
        const auto second_tab = line.find('\t', first_tab + 1);
        const auto country = CountryCode::from(line.substr(0, first_tab));
        if (!country.known() || second_tab == line.npos) continue;  // comments
        const auto after = line.substr(second_tab + 1);
        const auto zone = by_name.find(after.substr(0, after.find('\t')));
        const auto place = parse_place(line.substr(first_tab + 1, second_tab - first_tab - 1),
                                       zone == by_name.end() ? nullptr : zone->second);
        if (place) places[country_index(country)].push_back(*place);
    }
    return std::any_of(places.begin(), places.end(), [](const auto& p) { return !p.empty(); });
}

void ZoneCatalog::Tables::choose_only_zones(Instant now) {
    for (std::size_t country = 0; country < kCountries; ++country) {
        const auto& all = places[country];
        const bool same = !all.empty() && std::all_of(all.begin(), all.end(), [&](const auto& p) {
            return keep_same_time(*all.front().zone, *p.zone, now, now + days{731});
        });
        // zone.tab names the most populous zone of a country first, where it can.
        if (same) only[country] = all.front().zone;
    }
}

ZoneCatalog::ZoneCatalog() : tables_(std::make_unique<Tables>()) {}
ZoneCatalog::~ZoneCatalog() = default;

Result<const ZoneCatalog*> ZoneCatalog::load() {
    static const Result<const ZoneCatalog*> loaded = []() -> Result<const ZoneCatalog*> {
        static ZoneCatalog catalog;
        auto& tables = *catalog.tables_;
        try {
            tables.add_zones(date::get_tzdb());
        } catch (const std::exception& failure) {
            return Problem{std::string{"time zone database: "} + failure.what()};
        }
        if (tables.utc == nullptr) {
            return Problem{"time zone database: /usr/share/zoneinfo has no UTC (package tzdata)"};
        }
        if (!tables.knows_coming_changes()) {
            return Problem{
                "time zone database: /usr/share/zoneinfo lacks coming changes (built with zic -b "
                "slim); files built with -b fat are needed"};
        }
        if (!tables.read_places()) {
            return Problem{std::string{"time zone database: no places in "} + kPlacesFile};
        }
        tables.choose_only_zones(
            std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
        return &catalog;
    }();
    return loaded;
}

const Zone* ZoneCatalog::find(std::string_view iana_name) const {
    const auto found = tables_->by_name.find(iana_name);
    return found == tables_->by_name.end() ? nullptr : found->second;
}

const Zone* ZoneCatalog::of_country(CountryCode country) const {
    return country.known() ? tables_->only[country_index(country)] : nullptr;
}

const Zone* ZoneCatalog::near(CountryCode country, double latitude, double longitude) const {
    if (!country.known()) return nullptr;
    const Zone* nearest = nullptr;
    double least = std::numeric_limits<double>::max();
    // Degrees of longitude shrink towards the poles; within a country a plane is good enough. Zones
    // are strips from north to south, so latitude counts less (README.md: measured).
    constexpr double kLatitudeWeight = 0.1;
    const double shrink = std::cos(latitude * std::numbers::pi / 180);
    for (const auto& place : tables_->places[country_index(country)]) {
        const double dy = (place.latitude - latitude) * kLatitudeWeight;
        const double dx = std::remainder(place.longitude - longitude, 360.0) * shrink;
        const double distance = dx * dx + dy * dy;
        if (distance < least) {
            least = distance;
            nearest = place.zone;
        }
    }
    return nearest;
}

const Zone& ZoneCatalog::utc() const {
    return *tables_->utc;
}
std::size_t ZoneCatalog::size() const {
    return tables_->zones.size();
}

LocalClock::LocalClock(const ZoneCatalog& catalog) : days_(catalog.size()) {}

LocalTime LocalClock::at(const Zone& zone, Instant instant) {
    instant = std::clamp(instant, kFirstInstant, kLastInstant);
    Day& day = days_[zone.place()];
    if (instant < day.begin || instant >= day.end) {
        const auto info = offset_info(zone, instant);
        const Instant wall = instant + info.offset;
        const auto midnight = std::chrono::floor<days>(wall);
        const std::chrono::year_month_day date{midnight};
        // Within a day the offset may change: the slice ends where the day or the offset does.
        day.begin = std::max<Instant>(midnight - info.offset, info.begin);
        day.end = std::min<Instant>(midnight + days{1} - info.offset, info.end);
        day.at_begin = {
            .since_midnight = day.begin + info.offset - midnight,
            .offset = info.offset,
            .year = static_cast<std::int16_t>(static_cast<int>(date.year())),
            .month = static_cast<std::uint8_t>(static_cast<unsigned>(date.month())),
            .day_of_month = static_cast<std::uint8_t>(static_cast<unsigned>(date.day())),
            .day_of_week =
                static_cast<DayOfWeek>(std::chrono::weekday{midnight}.iso_encoding() - 1),
        };
    }
    LocalTime time = day.at_begin;
    time.since_midnight += instant - day.begin;
    return time;
}

std::optional<Instant> next_offset_change(const Zone& zone, Instant instant) {
    instant = std::clamp(instant, kFirstInstant, kLastInstant);
    auto info = offset_info(zone, instant);
    const auto offset = info.offset;
    // Some transitions change only the zone's abbreviation.
    while (info.offset == offset) {
        if (info.end >= kLastInstant) return std::nullopt;
        info = zone.rules().get_info(info.end);
    }
    return info.begin;
}

std::string_view name(const Zone& zone) {
    return zone.rules().name();
}

std::string_view name(DayOfWeek day) {
    constexpr std::array<std::string_view, 7> kNames{"mon", "tue", "wed", "thu",
                                                     "fri", "sat", "sun"};
    return kNames[static_cast<std::size_t>(day)];
}

std::string iso_text(const LocalTime& time) {
    const std::chrono::hh_mm_ss clock{time.since_midnight};
    std::array<char, 48> text{};
    int size = std::snprintf(
        text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03d", static_cast<int>(time.year),
        static_cast<int>(time.month), static_cast<int>(time.day_of_month),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    if (time.offset == 0s) return std::string{text.data(), static_cast<std::size_t>(size)} + "Z";
    const auto minutes = static_cast<int>(std::abs(time.offset.count()) / 60);
    size += std::snprintf(text.data() + size, text.size() - static_cast<std::size_t>(size),
                          "%c%02d:%02d", time.offset < 0s ? '-' : '+', minutes / 60, minutes % 60);
    return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace redirector::facts
