// Where an address is: a MaxMind DB, flattened when it is loaded.
// Shape:   every distinct record of the file once, and sorted tables of address intervals that
//          point into them (interval_table.hpp). The file itself is closed again after
//          loading. 6to4 and Teredo addresses are not looked up.
// Units:   degrees, WGS 84.
// Errors:  a file that is missing, broken or of another kind is a Problem that names it; when a
//          loaded file changes into such a one, the old data stay in force.
// Threads: GeoDatabase is immutable. GeoSource may be used by any thread; each thread looks up
//          through its own GeoReader, which takes a lock only when the data were replaced.
// Source:  MaxMind DB 2.0; City and Country layouts (nested), and the flat one of the npm packages
//          (country_code, city, state1, timezone, latitude, longitude).
#pragma once

#include "redirector/facts/country.hpp"
#include "redirector/facts/problem.hpp"
#include "redirector/facts/timezone.hpp"
#include "redirector/request.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::facts {

struct GeoFacts {
    CountryCode country;
    bool has_coordinates = false;
    double latitude = 0;   // -90 .. 90
    double longitude = 0;  // -180 .. 180
    // Of the file, else of the country, else the nearest of the country's; null when not known.
    const Zone* zone = nullptr;
    std::string_view region;  // English names; empty when not known. Views into the GeoDatabase.
    std::string_view city;
};

struct GeoTables;  // of geo.cpp alone

class GeoDatabase {
  public:
    // Reads the whole file: about a second for a City file. Not for an I/O thread.
    static Result<std::shared_ptr<const GeoDatabase>> load(const std::string& path,
                                                           const ZoneCatalog& zones);
    ~GeoDatabase();

    // What the file says of the address; an object without facts for addresses that it does not
    // hold and for private ones. The reference lives as long as the database.
    const GeoFacts& lookup(const IpAddress& address) const;

    std::size_t record_count() const;
    std::size_t interval_count() const;
    std::size_t bytes() const;  // of memory, nearly

  private:
    GeoDatabase();
    std::unique_ptr<GeoTables> tables_;
};

// The database in force, and the file that it comes from.
class GeoSource {
  public:
    enum class Reload : std::uint8_t { unchanged, replaced, refused };

    // While the file cannot be read, nothing is known of any address: last_problem() tells why.
    static std::unique_ptr<GeoSource> open(std::string path, const ZoneCatalog& zones);

    // Loads the file again when its identity, size or modification time is another than at the last
    // attempt. `refused` keeps the old data; last_problem() tells why. Also frees replaced data
    // that no reader holds any more, which takes milliseconds. Not for an I/O thread; calls are
    // serialised.
    Reload reload_if_changed();

    // Why the newest file is not in force; empty when it is.
    std::string last_problem() const;

    std::shared_ptr<const GeoDatabase> current() const;  // null: none could be read yet

  private:
    friend class GeoReader;
    struct FileIdentity {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t size = 0;
        std::int64_t modified_ns = 0;
        friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
    };
    GeoSource(std::string path, const ZoneCatalog& zones);
    static FileIdentity identity_of(const std::string& path);

    const std::string path_;
    const ZoneCatalog& zones_;
    std::mutex reload_;  // one reload at a time; it guards the three below
    bool tried_ = false;
    FileIdentity seen_;
    std::vector<std::shared_ptr<const GeoDatabase>> retired_;  // some reader may still hold them
    mutable std::mutex guard_;                                 // of the two below
    std::shared_ptr<const GeoDatabase> database_;
    std::string problem_;
    std::atomic<std::uint64_t> generation_{1};
};

// One thread's view of a GeoSource, which must outlive it.
class GeoReader {
  public:
    explicit GeoReader(const GeoSource& source) : source_(source) {}

    // The facts by value; their views (region, city) are good until the next call on this reader.
    GeoFacts lookup(const IpAddress& address);

  private:
    const GeoSource& source_;
    std::uint64_t generation_ = 0;
    std::shared_ptr<const GeoDatabase> database_;
};

}  // namespace redirector::facts
