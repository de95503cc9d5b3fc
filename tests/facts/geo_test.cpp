#include "redirector/facts/geo.hpp"

#include "redirector/facts/address.hpp"
#include "redirector/facts/interval_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <maxminddb.h>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

namespace redirector::facts {
namespace {

namespace fs = std::filesystem;

const ZoneCatalog& zones() {
    static const auto loaded = ZoneCatalog::load();
    return **loaded;
}

// Written by make_geo_files.pl when the tests are built.
std::string test_file(const std::string& name) {
    return std::string{REDIRECTOR_GEO_FILES} + "/" + name + ".mmdb";
}

IpAddress address(std::string_view text) {
    return parse_address(text).value();
}

std::shared_ptr<const GeoDatabase> load(const std::string& name) {
    auto loaded = GeoDatabase::load(test_file(name), zones());
    if (!loaded) throw std::runtime_error(loaded.error().message);
    return *loaded;
}

std::string load_problem(const std::string& path) {
    const auto loaded = GeoDatabase::load(path, zones());
    return loaded ? "loaded" : loaded.error().message;
}

// "DE Land Berlin/Berlin 52.5200,13.4050 Europe/Berlin"
std::string describe(const GeoFacts& facts) {
    std::string text{facts.country.text()};
    text += " " + std::string{facts.region} + "/" + std::string{facts.city} + " ";
    if (facts.has_coordinates) {
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, "%.4f,%.4f", facts.latitude, facts.longitude);
        text += buffer;
    }
    return text + " " + (facts.zone == nullptr ? "-" : std::string{name(*facts.zone)});
}

constexpr const char* kNothing = " /  -";

std::string bytes_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// A folder of its own that goes with the test.
class GeoFile : public ::testing::Test {
  protected:
    GeoFile() { fs::create_directory(folder_); }
    ~GeoFile() override { fs::remove_all(folder_); }

    std::string path() const { return (folder_ / "live.mmdb").string(); }
    void write_in_place(std::string_view bytes) const {
        std::ofstream{path(), std::ios::binary}.write(bytes.data(),
                                                      static_cast<std::streamsize>(bytes.size()));
    }
    // As a careful updater does it.
    void replace_by(const std::string& name) const {
        const auto fresh = folder_ / "fresh";
        fs::copy_file(test_file(name), fresh);
        fs::rename(fresh, path());
    }

  private:
    fs::path folder_ = fs::temp_directory_path() / ("facts_geo_" + std::to_string(getpid()));
};

TEST(IntervalTable, AgreesWithAMapOnRandomKeys) {
    std::mt19937 random{7};
    for (int round = 0; round < 50; ++round) {
        std::map<std::uint32_t, std::uint32_t> expected{{0, 0}};
        // Few leading bits: crowded buckets beside empty ones.
        for (int key = 0; key < 200; ++key)
            expected[random() & 0x8003F00F] = random() % 4;
        IntervalTable<std::uint32_t> table;
        for (const auto& [first, value] : expected)
            table.append(first, value);
        table.finish();
        for (int probe = 0; probe < 2000; ++probe) {
            const auto key =
                static_cast<std::uint32_t>(probe % 2 == 0 ? random() : random() & 0x8003F00F);
            ASSERT_EQ(table.find(key), std::prev(expected.upper_bound(key))->second) << key;
        }
        for (const auto& [first, value] : expected)
            ASSERT_EQ(table.find(first), value);
    }
}

TEST(IntervalTable, MergesEqualNeighbours) {
    IntervalTable<std::uint32_t> table;
    for (std::uint32_t key = 0; key < 10; ++key)
        table.append(key, key / 5);
    table.finish();
    EXPECT_EQ(table.size(), 2U);
    EXPECT_EQ(table.find(4), 0U);
    EXPECT_EQ(table.find(5), 1U);
    EXPECT_EQ(table.find(0xFFFFFFFF), 1U);
}

TEST(GeoDatabase, ReadsTheNestedAndTheFlatLayout) {
    for (const auto* layout : {"nested", "flat", "flat_ipv4"}) {
        const auto database = load(layout);
        const auto at = [&](const char* text) { return describe(database->lookup(address(text))); };
        EXPECT_EQ(at("192.0.2.9"), "DE Land Berlin/Berlin 52.5200,13.4050 Europe/Berlin") << layout;
        EXPECT_EQ(at("198.51.100.127"), "JP Tokyo/Tokyo 35.6800,139.6900 Asia/Tokyo") << layout;
        EXPECT_EQ(at("198.51.100.128"),
                  "BR São Paulo/São Paulo -23.5500,-46.6300 America/Sao_Paulo")
            << layout;
        EXPECT_EQ(at("198.51.100.129"), kNothing) << layout;
        EXPECT_EQ(at("255.255.255.255"), "JP Tokyo/Tokyo 35.6800,139.6900 Asia/Tokyo") << layout;
        EXPECT_EQ(at("8.8.8.8"), kNothing) << layout;
    }
}

TEST(GeoDatabase, FindsATimeZoneWhereTheFileHasNone) {
    const auto database = load("flat");
    const auto at = [&](const char* text) { return describe(database->lookup(address(text))); };
    EXPECT_EQ(at("203.0.113.1"), "CH /Bern  Europe/Zurich") << "a country with one time";
    EXPECT_EQ(at("203.0.113.17"), "US Washington/Seattle 47.6100,-122.3300 America/Los_Angeles");
    EXPECT_EQ(at("203.0.113.33"), "US /  -") << "a country with many, and no coordinates";
    EXPECT_EQ(at("203.0.113.49"), kNothing) << "values out of range are no facts";
}

TEST(GeoDatabase, ReadsTheCountryLayout) {
    const auto database = load("country");
    EXPECT_EQ(describe(database->lookup(address("192.0.2.1"))), "FR /  Europe/Paris");
}

TEST(GeoDatabase, KeepsCoordinatesAsTheFileWritesThem) {
    EXPECT_EQ(load("nested")->lookup(address("192.0.2.9")).longitude, 13.405);
    EXPECT_EQ(load("floats")->lookup(address("192.0.2.9")).longitude, 13.405) << "not 13.40499973";
}

TEST(GeoDatabase, LooksUpIpv6) {
    for (const auto* layout : {"nested", "flat"}) {
        const auto database = load(layout);
        const auto country = [&](const char* text) {
            return std::string{database->lookup(address(text)).country.text()};
        };
        EXPECT_EQ(country("2001:db8::1"), "DE");
        EXPECT_EQ(country("2001:db8:1:ffff::1"), "JP");
        EXPECT_EQ(country("2001:db8:2:3:4:5:6:7"), "BR");
        EXPECT_EQ(country("2001:db8:2:3:4:5:6:8"), "DE");
        EXPECT_EQ(country("240f:ffff::"), "US");
        EXPECT_EQ(country("2410::"), "");
        EXPECT_EQ(country("::ffff:192.0.2.9"), "DE");
        EXPECT_EQ(country("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "");
    }
    EXPECT_EQ(describe(load("flat_ipv4")->lookup(address("2001:db8::1"))), kNothing);
}

TEST(GeoDatabase, SaysNothingOfPrivateAddresses) {
    const auto database = load("nested");  // holds 0/8, 10/8 and fd00::/8
    for (const auto* text : {"10.1.2.3", "0.0.0.1", "127.0.0.1", "fd00::1", "::1", "::"}) {
        EXPECT_EQ(describe(database->lookup(address(text))), kNothing) << text;
    }
}

TEST(GeoDatabase, AgreesWithTheLibrarysOwnWalk) {
    for (const auto* layout : {"nested", "flat"}) {
        const auto database = load(layout);
        MMDB_s file;
        ASSERT_EQ(MMDB_open(test_file(layout).c_str(), MMDB_MODE_MMAP, &file), MMDB_SUCCESS);
        std::mt19937 random{11};
        const std::vector<std::string> prefixes{
            "192.0.2.",   "198.51.100.", "203.0.113.", "192.0.1.",           "192.0.3.",
            "2001:db8::", "2001:db8:1:", "2001:db7:",  "2001:db8:2:3:4:5:6:"};
        for (int probe = 0; probe < 4000; ++probe) {
            const auto& prefix = prefixes[random() % prefixes.size()];
            auto text = prefix + std::to_string(random() % (prefix.back() == '.' ? 256 : 10));
            if (prefix == "2001:db8:1:" || prefix == "2001:db7:") text += "::";
            int resolver_error = 0;
            int error = 0;
            auto found = MMDB_lookup_string(&file, text.c_str(), &resolver_error, &error);
            MMDB_entry_data_s country{};
            const auto* const key = std::string_view{layout} == "flat" ? "country_code" : "country";
            const auto* const inner = std::string_view{layout} == "flat" ? nullptr : "iso_code";
            std::string expected;
            if (found.found_entry &&
                MMDB_get_value(&found.entry, &country, key, inner, nullptr) == MMDB_SUCCESS) {
                expected.assign(country.utf8_string, country.data_size);
            }
            if (expected == "QQQ") expected.clear();
            ASSERT_EQ(database->lookup(address(text)).country.text(), expected) << text;
        }
        MMDB_close(&file);
    }
}

TEST(GeoDatabase, CountsWhatItHolds) {
    const auto database = load("nested");
    EXPECT_EQ(database->record_count(), 7U);
    EXPECT_GT(database->interval_count(), 14U);
    EXPECT_GT(database->bytes(), database->record_count() * sizeof(GeoFacts));
}

TEST_F(GeoFile, ThatCannotBeUsedIsAProblemThatNamesIt) {
    EXPECT_EQ(load_problem(path()), "GeoIP file " + path() + ": No such file or directory");
    EXPECT_EQ(load_problem("/dev/zero"), "GeoIP file /dev/zero: not a regular file");
    EXPECT_EQ(
        load_problem(test_file("asn")),
        "GeoIP file " + test_file("asn") + ": holds no countries: not a City or Country database");
    for (const std::string& bytes :
         {std::string{}, std::string{"hello"}, std::string(100'000, 'x')}) {
        write_in_place(bytes);
        EXPECT_TRUE(load_problem(path()).starts_with("GeoIP file " + path() + ": "));
    }
}

TEST_F(GeoFile, CutAnywhereOrFlippedAnywhereDoesNoHarm) {
    const auto sound = bytes_of(test_file("nested"));
    for (std::size_t size = 0; size < sound.size(); size += 31) {
        write_in_place(std::string_view{sound}.substr(0, size));
        EXPECT_NE(load_problem(path()), "loaded") << size;
    }
    std::mt19937 random{3};
    int refused = 0;
    for (int round = 0; round < 150; ++round) {
        auto bytes = sound;
        bytes[random() % bytes.size()] = static_cast<char>(random());
        write_in_place(bytes);
        const auto loaded = GeoDatabase::load(path(), zones());
        if (loaded) {
            (*loaded)->lookup(address("192.0.2.1"));
        } else {
            ++refused;
        }
    }
    EXPECT_GT(refused, 0);
}

TEST_F(GeoFile, IsReadAgainWhenItChanges) {
    replace_by("country");
    const auto source = GeoSource::open(path(), zones());
    ASSERT_EQ(source->last_problem(), "");
    GeoReader reader{*source};
    EXPECT_EQ(reader.lookup(address("192.0.2.1")).country.text(), "FR");
    EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::unchanged);

    replace_by("flat");
    EXPECT_EQ(reader.lookup(address("192.0.2.1")).country.text(), "FR");
    EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::replaced);
    EXPECT_EQ(reader.lookup(address("192.0.2.1")).country.text(), "DE");
    EXPECT_EQ(source->last_problem(), "");
}

TEST_F(GeoFile, KeepsTheOldDataWhileTheNewFileIsBroken) {
    replace_by("country");
    const auto source = GeoSource::open(path(), zones());
    ASSERT_EQ(source->last_problem(), "");
    GeoReader reader{*source};

    write_in_place("half a fi");
    EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::refused);
    EXPECT_NE(source->last_problem().find(path()), std::string::npos);
    EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::unchanged) << "no second attempt";
    EXPECT_NE(source->last_problem(), "") << "still told";
    EXPECT_EQ(reader.lookup(address("192.0.2.1")).country.text(), "FR");

    fs::remove(path());
    EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::refused);
    EXPECT_EQ(reader.lookup(address("192.0.2.1")).country.text(), "FR");

    replace_by("nested");
    EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::replaced);
    EXPECT_EQ(source->last_problem(), "");
    EXPECT_EQ(reader.lookup(address("192.0.2.1")).country.text(), "DE");
}

TEST_F(GeoFile, LeavesFreeingOldDataToTheReloadingThread) {
    replace_by("country");
    const auto source = GeoSource::open(path(), zones());
    ASSERT_EQ(source->last_problem(), "");
    GeoReader reader{*source};
    reader.lookup(address("192.0.2.1"));
    const std::weak_ptr<const GeoDatabase> old = source->current();

    replace_by("flat");
    EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::replaced);
    EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::unchanged);
    EXPECT_FALSE(old.expired()) << "the reader holds it";
    reader.lookup(address("192.0.2.1"));
    EXPECT_FALSE(old.expired()) << "a look-up frees nothing";
    EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::unchanged);
    EXPECT_TRUE(old.expired());
}

TEST_F(GeoFile, IsWaitedForWhileItIsMissing) {
    const auto source = GeoSource::open(path(), zones());
    EXPECT_EQ(source->last_problem(), "GeoIP file " + path() + ": No such file or directory");
    GeoReader reader{*source};
    EXPECT_EQ(reader.lookup(address("192.0.2.1")).country.text(), "");
    EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::unchanged);
    replace_by("country");
    EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::replaced);
    EXPECT_EQ(reader.lookup(address("192.0.2.1")).country.text(), "FR");
}

TEST_F(GeoFile, MayBeReplacedWhileOthersRead) {
    replace_by("country");
    const auto source = GeoSource::open(path(), zones());
    ASSERT_EQ(source->last_problem(), "");
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::vector<std::thread> readers;
    for (int thread = 0; thread < 3; ++thread) {
        readers.emplace_back([&] {
            GeoReader reader{*source};
            while (!done) {
                const auto facts = reader.lookup(address("192.0.2.1"));
                const auto country = facts.country.text();
                const bool sound = (country == "FR" && facts.city.empty()) ||
                                   (country == "DE" && facts.city == "Berlin");
                wrong += sound ? 0 : 1;
            }
        });
    }
    for (int round = 0; round < 20; ++round) {
        replace_by(round % 2 == 0 ? "flat" : "country");
        EXPECT_EQ(source->reload_if_changed(), GeoSource::Reload::replaced);
    }
    done = true;
    for (auto& reader : readers)
        reader.join();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace redirector::facts
