#include "redirector/facts/timezone.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace redirector::facts {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

const ZoneCatalog& zones() {
    static const auto loaded = ZoneCatalog::load();
    return **loaded;
}

const Zone& zone(std::string_view iana_name) {
    const Zone* found = zones().find(iana_name);
    if (found == nullptr) throw std::runtime_error("no zone " + std::string{iana_name});
    return *found;
}

Instant utc(int y, unsigned m, unsigned d, std::chrono::milliseconds time = 0ms) {
    return Instant{sys_days{year{y} / static_cast<int>(m) / static_cast<int>(d)}} + time;
}

std::string wall(std::string_view zone_name, Instant instant) {
    LocalClock clock{zones()};
    return iso_text(clock.at(zone(zone_name), instant));
}

std::string_view zone_name_or_none(const Zone* found) {
    return found == nullptr ? "none" : name(*found);
}

TEST(ZoneCatalog, LoadsTheSystemsZonesOnce) {
    const auto first = ZoneCatalog::load();
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(*first, *ZoneCatalog::load());
    EXPECT_GT(zones().size(), 400U);
    EXPECT_EQ(name(zones().utc()), "UTC");
}

TEST(ZoneCatalog, FindsByExactNameOnly) {
    EXPECT_EQ(name(zone("Europe/Berlin")), "Europe/Berlin");
    EXPECT_EQ(name(zone("Asia/Calcutta")), "Asia/Calcutta") << "a link keeps its own name";
    for (const auto* unknown : {"", "europe/berlin", "Mars/Olympus", "localtime", "posixrules",
                                "../../etc/passwd", "zone.tab", "Europe/Berlin "}) {
        EXPECT_EQ(zones().find(unknown), nullptr) << unknown;
    }
}

TEST(ZoneCatalog, KnowsTheZoneOfCountriesWithOneTime) {
    const auto of = [](const char* code) {
        return zone_name_or_none(zones().of_country(CountryCode::from(code)));
    };
    EXPECT_EQ(of("CH"), "Europe/Zurich");
    EXPECT_EQ(of("IN"), "Asia/Kolkata");
    EXPECT_EQ(of("JP"), "Asia/Tokyo");
    EXPECT_EQ(of("DE"), "Europe/Berlin") << "Busingen keeps the same time";
    for (const auto* many : {"US", "RU", "CN", "AU", "BR", "PT"})
        EXPECT_EQ(of(many), "none") << many;
    EXPECT_EQ(of("XX"), "none");
    EXPECT_EQ(of("AP"), "none");
    EXPECT_EQ(zones().of_country({}), nullptr);
}

TEST(ZoneCatalog, GuessesTheNearestZoneOfACountry) {
    const auto near = [](const char* code, double latitude, double longitude) {
        return zone_name_or_none(zones().near(CountryCode::from(code), latitude, longitude));
    };
    EXPECT_EQ(near("US", 37.77, -122.42), "America/Los_Angeles");
    EXPECT_EQ(near("US", 42.36, -71.06), "America/New_York");
    EXPECT_EQ(near("US", 21.31, -157.86), "Pacific/Honolulu");
    EXPECT_EQ(near("PT", 37.74, -25.68), "Atlantic/Azores");
    EXPECT_EQ(near("AU", -31.95, 115.86), "Australia/Perth");
    EXPECT_EQ(near("RU", 66.0, -172.0), "Asia/Anadyr") << "across the antimeridian";
    EXPECT_EQ(near("XX", 0, 0), "none");
}

TEST(LocalClock, ShowsTheWallClockOfTheZone) {
    const auto noon = utc(2026, 11, 22, 12h);
    EXPECT_EQ(wall("UTC", noon), "2026-11-22T12:00:00.000Z");
    EXPECT_EQ(wall("Asia/Kolkata", noon), "2026-11-22T17:30:00.000+05:30");
    EXPECT_EQ(wall("America/St_Johns", noon), "2026-11-22T08:30:00.000-03:30");
    EXPECT_EQ(wall("Pacific/Kiritimati", noon), "2026-11-23T02:00:00.000+14:00");
    EXPECT_EQ(wall("Pacific/Pago_Pago", utc(2026, 1, 1, 5h)), "2025-12-31T18:00:00.000-11:00");
    EXPECT_EQ(wall("Asia/Kathmandu", noon + 7ms), "2026-11-22T17:45:00.007+05:45");
}

TEST(LocalClock, FillsEachFieldThatARuleCanRead) {
    LocalClock clock{zones()};
    const auto time = clock.at(zone("Asia/Tokyo"), utc(2026, 11, 22, 15h + 1min + 2s + 3ms));
    const LocalTime expected{.since_midnight = 1min + 2s + 3ms,
                             .offset = 9h,
                             .year = 2026,
                             .month = 11,
                             .day_of_month = 23,
                             .day_of_week = DayOfWeek::mon};
    EXPECT_EQ(time, expected);
    EXPECT_EQ(name(time.day_of_week), "mon");
}

TEST(LocalClock, SkipsTheHourThatSpringTakes) {
    const auto change = utc(2026, 3, 29, 1h);
    EXPECT_EQ(wall("Europe/Berlin", change - 1ms), "2026-03-29T01:59:59.999+01:00");
    EXPECT_EQ(wall("Europe/Berlin", change), "2026-03-29T03:00:00.000+02:00");
}

TEST(LocalClock, RepeatsTheHourThatAutumnGives) {
    const auto change = utc(2026, 10, 25, 1h);
    EXPECT_EQ(wall("Europe/Berlin", change - 1h), "2026-10-25T02:00:00.000+02:00");
    EXPECT_EQ(wall("Europe/Berlin", change), "2026-10-25T02:00:00.000+01:00");
    EXPECT_EQ(wall("Australia/Lord_Howe", utc(2026, 4, 4, 15h)), "2026-04-05T01:30:00.000+10:30");
}

TEST(LocalClock, KeepsTheCalendarOnEdgeDays) {
    EXPECT_EQ(wall("Asia/Kolkata", utc(2028, 2, 28, 18h + 30min)), "2028-02-29T00:00:00.000+05:30");
    EXPECT_EQ(wall("UTC", utc(2100, 2, 28, 24h)), "2100-03-01T00:00:00.000Z");
    EXPECT_EQ(wall("Pacific/Apia", utc(2011, 12, 30, 10h)), "2011-12-31T00:00:00.000+14:00")
        << "Samoa had no 30 December 2011";
    EXPECT_EQ(wall("UTC", utc(1969, 12, 31, 24h - 1ms)), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(wall("UTC", Instant::max()), "9999-12-30T00:00:00.000Z");
    EXPECT_EQ(wall("UTC", Instant::min()), "0001-01-02T00:00:00.000Z");
}

TEST(LocalClock, AnswersTheSameWarmAsCold) {
    LocalClock warm{zones()};
    for (const auto* zone_name :
         {"Europe/Berlin", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "UTC"}) {
        const Zone& here = zone(zone_name);
        for (Instant at = utc(2026, 3, 1); at < utc(2026, 4, 15); at += 1237s) {
            LocalClock cold{zones()};
            ASSERT_EQ(warm.at(here, at), cold.at(here, at)) << zone_name;
        }
    }
}

TEST(LocalClock, KnowsSummersUpTo2037) {
    EXPECT_EQ(wall("Europe/Berlin", utc(2037, 7, 1, 12h)), "2037-07-01T14:00:00.000+02:00");
    EXPECT_EQ(wall("America/New_York", utc(2037, 7, 1, 12h)), "2037-07-01T08:00:00.000-04:00");
}

TEST(NextOffsetChange, NamesTheInstantOfTheNextChange) {
    const auto now = utc(2017, 11, 17, 12h);
    EXPECT_EQ(next_offset_change(zone("Europe/London"), now), Instant{1521939600000ms})
        << "the reference's example";
    EXPECT_EQ(next_offset_change(zone("Europe/Berlin"), utc(2026, 3, 29, 1h)),
              utc(2026, 10, 25, 1h));
    EXPECT_EQ(next_offset_change(zone("Europe/London"), utc(1968, 6, 1)), utc(1971, 10, 31, 2h))
        << "summer time became standard time in October 1968, and no clock was moved";
    EXPECT_EQ(next_offset_change(zone("Asia/Kolkata"), now), std::nullopt);
    EXPECT_EQ(next_offset_change(zone("UTC"), now), std::nullopt);
    EXPECT_EQ(next_offset_change(zone("UTC"), Instant::max()), std::nullopt);
}

}  // namespace
}  // namespace redirector::facts
