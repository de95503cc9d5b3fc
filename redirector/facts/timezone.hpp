// Local time in a named zone: what the clock on the wall shows where the scan happened.
// Shape:   a zone is a pointer with the life of the process. LocalClock keeps, per zone, the local
//          day that it last computed, so that a hit is one subtraction.
// Units:   instants are milliseconds since the epoch, UTC; day of month 1..31, month 1..12.
// Errors:  an unknown zone is a null pointer. A system without zone data is a Problem at load.
// Threads: ZoneCatalog is immutable; LocalClock belongs to one thread.
// Source:  the system's tz database (package tzdata) through Howard Hinnant's date library, which
//          reads transitions up to 2037 and keeps standard time afterwards.
#pragma once

#include "redirector/facts/country.hpp"
#include "redirector/facts/problem.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::facts {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

enum class DayOfWeek : std::uint8_t { mon, tue, wed, thu, fri, sat, sun };

// "mon" ... "sun".
std::string_view name(DayOfWeek day);

struct LocalTime {
    std::chrono::milliseconds since_midnight{};  // by the clock on the wall: 0 .. 86'399'999
    std::chrono::seconds offset{};               // east of UTC
    std::int16_t year = 1970;
    std::uint8_t month = 1;
    std::uint8_t day_of_month = 1;
    DayOfWeek day_of_week = DayOfWeek::thu;

    friend bool operator==(const LocalTime&, const LocalTime&) = default;
};

// ISO 8601 with milliseconds and offset: "2026-03-29T03:00:00.000+02:00"; "Z" for no offset.
std::string iso_text(const LocalTime& time);

class Zone;  // one zone of the catalogue

// The zone's IANA name, as it was asked for (links keep their own name: "Asia/Calcutta").
std::string_view name(const Zone& zone);

// Every zone of the system, loaded once at start; later updates of tzdata need a restart.
class ZoneCatalog {
  public:
    // Reads /usr/share/zoneinfo and its zone.tab. The first call loads; a failure is the same for
    // every call. The catalogue lives as long as the process.
    static Result<const ZoneCatalog*> load();

    // By IANA name, case-sensitive. Null when there is none ("localtime" is none).
    const Zone* find(std::string_view iana_name) const;

    // The zone of a country all of whose zones keep the same time now and for the next two years;
    // null for others (US, RU, CN ...) and for unknown countries.
    const Zone* of_country(CountryCode country) const;

    // A guess for countries with several times: the zone of that country whose principal place
    // (zone.tab) is nearest to the point, east-west distance counting most. Degrees. Null for an
    // unknown country.
    const Zone* near(CountryCode country, double latitude, double longitude) const;

    const Zone& utc() const;
    std::size_t size() const;

    ~ZoneCatalog();
    ZoneCatalog(const ZoneCatalog&) = delete;
    ZoneCatalog& operator=(const ZoneCatalog&) = delete;

  private:
    ZoneCatalog();
    struct Tables;
    std::unique_ptr<Tables> tables_;
};

class LocalClock {
  public:
    explicit LocalClock(const ZoneCatalog& catalog);

    // Instants from year 1 to 9999; others are moved to the nearest of these.
    LocalTime at(const Zone& zone, Instant instant);

  private:
    struct Day {
        Instant begin{};  // this slice of the local day is [begin, end); empty at first
        Instant end{};
        LocalTime at_begin;
    };
    std::vector<Day> days_;  // by the zone's place in the catalogue
};

// When the zone's offset next differs from the one at `instant`; nothing where no change is known.
std::optional<Instant> next_offset_change(const Zone& zone, Instant instant);

}  // namespace redirector::facts
