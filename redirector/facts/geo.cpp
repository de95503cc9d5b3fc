#include "redirector/facts/geo.hpp"

#include "redirector/facts/address.hpp"
#include "redirector/facts/interval_table.hpp"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <maxminddb.h>
#include <optional>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <unordered_map>
#include <vector>

namespace redirector::facts {
namespace {

using Ipv6Key = unsigned __int128;

constexpr std::int64_t kMaxFileBytes = std::int64_t{2} << 30;
constexpr std::size_t kMaxNameLength = 256;
constexpr int kIpv4Bits = 32;
constexpr int kIpv6Bits = 128;

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

  private:
    int fd_;
};

Problem file_problem(const std::string& path, const std::string& why) {
    return {"GeoIP file " + path + ": " + why};
}

// An open MaxMind DB. The library maps its file, and a mapped file that someone cuts short is a
// SIGBUS; so what is mapped is a copy that nobody else can reach.
class MappedCopy {
  public:
    MappedCopy() = default;
    ~MappedCopy() {
        if (open_) MMDB_close(&file_);
    }
    MappedCopy(const MappedCopy&) = delete;
    MappedCopy& operator=(const MappedCopy&) = delete;

    // Why it cannot be opened; nothing when it is open.
    std::optional<Problem> open(const std::string& path);
    const MMDB_s& file() const { return file_; }

  private:
    MMDB_s file_{};
    bool open_ = false;
};

std::optional<Problem> MappedCopy::open(const std::string& path) {
    const auto system_problem = [&path] {
        return file_problem(path, std::generic_category().message(errno));
    };
    const Descriptor original{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat status {};
    if (original.get() < 0 || fstat(original.get(), &status) != 0) return system_problem();
    if (!S_ISREG(status.st_mode)) return file_problem(path, "not a regular file");
    if (status.st_size > kMaxFileBytes) return file_problem(path, "larger than 2 GiB");

    const Descriptor copy{memfd_create("geoip", MFD_CLOEXEC)};
    if (copy.get() < 0) return system_problem();
    for (std::int64_t left = status.st_size; left > 0;) {
        const auto sent =
            sendfile(copy.get(), original.get(), nullptr, static_cast<std::size_t>(left));
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return system_problem();
        if (sent == 0) break;  // cut short meanwhile; what is missing shows below
        left -= sent;
    }
    const auto reachable = "/proc/self/fd/" + std::to_string(copy.get());
    const int error = MMDB_open(reachable.c_str(), MMDB_MODE_MMAP, &file_);
    if (error != MMDB_SUCCESS) return file_problem(path, MMDB_strerror(error));
    open_ = true;
    return std::nullopt;
}

// Texts that occur often, kept once, at a fixed place.
class TextPool {
  public:
    std::string_view keep(std::string_view text) {
        if (text.empty()) return {};
        if (const auto known = texts_.find(text); known != texts_.end()) return known->first;
        auto copy = std::make_unique<char[]>(text.size());
        std::memcpy(copy.get(), text.data(), text.size());
        const std::string_view kept{copy.get(), text.size()};
        texts_.emplace(kept, std::move(copy));
        bytes_ += text.size() + kOverhead;
        return kept;
    }
    std::size_t bytes() const { return bytes_; }

  private:
    static constexpr std::size_t kOverhead = 80;  // of a map node and two allocations
    std::unordered_map<std::string_view, std::unique_ptr<char[]>> texts_;
    std::size_t bytes_ = 0;
};

// The value at a path within a record; without data when there is none.
template <class... Path>
MMDB_entry_data_s value_at(MMDB_entry_s entry, Path... path) {
    MMDB_entry_data_s data{};
    const int status = MMDB_get_value(&entry, &data, path..., static_cast<const char*>(nullptr));
    if (status != MMDB_SUCCESS) data.has_data = false;
    return data;
}

std::string_view as_text(const MMDB_entry_data_s& data) {
    if (!data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING) return {};
    if (data.data_size > kMaxNameLength) return {};
    return {data.utf8_string, data.data_size};
}

std::optional<double> as_degrees(const MMDB_entry_data_s& data, double limit) {
    double number = std::numeric_limits<double>::quiet_NaN();
    if (data.has_data && data.type == MMDB_DATA_TYPE_DOUBLE) number = data.double_value;
    if (data.has_data && data.type == MMDB_DATA_TYPE_FLOAT) {
        // A float holds four decimals of a degree; what lies behind them would be noise in a
        // double.
        number = std::round(double{data.float_value} * 1e4) / 1e4;
    }
    if (const auto text = as_text(data); !text.empty()) {
        std::from_chars(text.data(), text.data() + text.size(), number);
    }
    if (!(number >= -limit && number <= limit)) return std::nullopt;
    return number;
}

std::string_view first_of(std::string_view nested, std::string_view flat) {
    return nested.empty() ? flat : nested;
}

}  // namespace

struct GeoTables {
    std::vector<GeoFacts> records{GeoFacts{}};  // the first knows nothing
    TextPool texts;
    IntervalTable<std::uint32_t> ipv4;
    IntervalTable<Ipv6Key> ipv6;
};

namespace {

// Walks the file's search tree in the order of addresses and appends what it finds to the tables.
class Flattener {
  public:
    Flattener(const MMDB_s& file, const ZoneCatalog& zones, GeoTables& tables)
        : file_(file),
          zones_(zones),
          tables_(tables),
          // A sound tree has each node once, and the IPv4 part once more.
          nodes_left_(std::int64_t{file.metadata.node_count} * 2 + 1) {}

    // False when the tree is broken.
    bool flatten();

    bool found_any_place() const { return found_any_place_; }

  private:
    struct Branch {
        std::uint64_t record = 0;
        std::uint8_t type = MMDB_RECORD_TYPE_SEARCH_NODE;
        MMDB_entry_s entry{};
    };

    bool branches(const Branch& node, Branch& left, Branch& right);
    template <class Key>
    bool walk(const Branch& branch, int bits_left, Key first, IntervalTable<Key>& table);
    std::uint32_t record_at(const MMDB_entry_s& entry);
    GeoFacts read_facts(MMDB_entry_s entry);
    const Zone* choose_zone(std::string_view zone_name, const GeoFacts& facts) const;

    const MMDB_s& file_;
    const ZoneCatalog& zones_;
    GeoTables& tables_;
    std::int64_t nodes_left_;
    std::uint64_t ipv4_root_ = 0;  // in an IPv6 tree, the node that the aliases of IPv4 point to
    bool found_any_place_ = false;
    std::unordered_map<std::uint32_t, std::uint32_t> record_by_offset_;
};

bool Flattener::branches(const Branch& node, Branch& left, Branch& right) {
    MMDB_search_node_s found{};
    if (nodes_left_-- <= 0) return false;
    if (MMDB_read_node(&file_, static_cast<std::uint32_t>(node.record), &found) != MMDB_SUCCESS) {
        return false;
    }
    left = {found.left_record, found.left_record_type, found.left_record_entry};
    right = {found.right_record, found.right_record_type, found.right_record_entry};
    return true;
}

bool Flattener::flatten() {
    Branch ipv4;
    Branch ignored;
    const bool has_ipv6 = file_.metadata.ip_version == 6;
    // IPv4 addresses are ::/96 of an IPv6 tree (MaxMind DB 2.0, "IPv4 addresses in an IPv6 tree").
    for (int bit = 0; has_ipv6 && bit < kIpv6Bits - kIpv4Bits; ++bit) {
        if (ipv4.type != MMDB_RECORD_TYPE_SEARCH_NODE) break;
        if (!branches(Branch{ipv4}, ipv4, ignored)) return false;
    }
    if (!walk<std::uint32_t>(ipv4, kIpv4Bits, 0, tables_.ipv4)) return false;
    if (has_ipv6) {
        if (ipv4.type == MMDB_RECORD_TYPE_SEARCH_NODE) ipv4_root_ = ipv4.record;
        if (!walk<Ipv6Key>(Branch{}, kIpv6Bits, 0, tables_.ipv6)) return false;
    } else {
        tables_.ipv6.append(0, 0);
    }
    tables_.ipv4.finish();
    tables_.ipv6.finish();
    tables_.records.shrink_to_fit();
    return true;
}

template <class Key>
bool Flattener::walk(const Branch& branch, int bits_left, Key first, IntervalTable<Key>& table) {
    switch (branch.type) {
        case MMDB_RECORD_TYPE_EMPTY:
            table.append(first, 0);
            return true;
        case MMDB_RECORD_TYPE_DATA:
            table.append(first, record_at(branch.entry));
            return true;
        case MMDB_RECORD_TYPE_SEARCH_NODE:
            break;
        default:
            return false;
    }
    // ::/96 and its aliases (::ffff:0:0/96, 6to4, Teredo) would repeat the IPv4 table.
    if (sizeof(Key) * 8 == kIpv6Bits && ipv4_root_ != 0 && branch.record == ipv4_root_) {
        table.append(first, 0);
        return true;
    }
    Branch left;
    Branch right;
    if (bits_left == 0 || !branches(branch, left, right)) return false;
    const Key middle = first | (Key{1} << (bits_left - 1));
    return walk(left, bits_left - 1, first, table) && walk(right, bits_left - 1, middle, table);
}

std::uint32_t Flattener::record_at(const MMDB_entry_s& entry) {
    const auto next = static_cast<std::uint32_t>(tables_.records.size());
    const auto [known, added] = record_by_offset_.emplace(entry.offset, next);
    if (added) tables_.records.push_back(read_facts(entry));
    return known->second;
}

GeoFacts Flattener::read_facts(MMDB_entry_s entry) {
    GeoFacts facts;
    const auto nested_code = as_text(value_at(entry, "country", "iso_code"));
    facts.country =
        CountryCode::from(first_of(nested_code, as_text(value_at(entry, "country_code"))));
    const auto nested_region = as_text(value_at(entry, "subdivisions", "0", "names", "en"));
    facts.region = tables_.texts.keep(first_of(nested_region, as_text(value_at(entry, "state1"))));
    const auto nested_city = as_text(value_at(entry, "city", "names", "en"));
    facts.city = tables_.texts.keep(first_of(nested_city, as_text(value_at(entry, "city"))));

    auto latitude = as_degrees(value_at(entry, "location", "latitude"), 90);
    auto longitude = as_degrees(value_at(entry, "location", "longitude"), 180);
    if (!latitude) latitude = as_degrees(value_at(entry, "latitude"), 90);
    if (!longitude) longitude = as_degrees(value_at(entry, "longitude"), 180);
    if (latitude && longitude) {
        facts.has_coordinates = true;
        facts.latitude = *latitude;
        facts.longitude = *longitude;
    }
    const auto nested_zone = as_text(value_at(entry, "location", "time_zone"));
    facts.zone = choose_zone(first_of(nested_zone, as_text(value_at(entry, "timezone"))), facts);
    found_any_place_ |= facts.country.known() || facts.has_coordinates;
    return facts;
}

const Zone* Flattener::choose_zone(std::string_view zone_name, const GeoFacts& facts) const {
    if (const Zone* named = zones_.find(zone_name)) return named;
    if (const Zone* only = zones_.of_country(facts.country)) return only;
    if (!facts.has_coordinates) return nullptr;
    return zones_.near(facts.country, facts.latitude, facts.longitude);
}

}  // namespace

GeoDatabase::GeoDatabase() : tables_(std::make_unique<GeoTables>()) {}
GeoDatabase::~GeoDatabase() = default;

Result<std::shared_ptr<const GeoDatabase>> GeoDatabase::load(const std::string& path,
                                                             const ZoneCatalog& zones) {
    MappedCopy copy;
    if (auto problem = copy.open(path)) return std::move(*problem);
    std::shared_ptr<GeoDatabase> database{new GeoDatabase};
    Flattener flattener{copy.file(), zones, *database->tables_};
    if (!flattener.flatten()) return file_problem(path, "its search tree is broken");
    if (!flattener.found_any_place()) {
        return file_problem(path, "holds no countries: not a City or Country database");
    }
    return std::shared_ptr<const GeoDatabase>{std::move(database)};
}

const GeoFacts& GeoDatabase::lookup(const IpAddress& address) const {
    if (is_private(address)) return tables_->records.front();
    if (is_ipv4(address)) {
        std::uint32_t key = 0;
        for (std::size_t byte = 12; byte < address.size(); ++byte)
            key = key << 8 | address[byte];
        return tables_->records[tables_->ipv4.find(key)];
    }
    Ipv6Key key = 0;
    for (const auto byte : address)
        key = key << 8 | byte;
    return tables_->records[tables_->ipv6.find(key)];
}

std::size_t GeoDatabase::record_count() const {
    return tables_->records.size() - 1;
}
std::size_t GeoDatabase::interval_count() const {
    return tables_->ipv4.size() + tables_->ipv6.size();
}

std::size_t GeoDatabase::bytes() const {
    return tables_->ipv4.bytes() + tables_->ipv6.bytes() + tables_->texts.bytes() +
           tables_->records.capacity() * sizeof(GeoFacts);
}

}  // namespace redirector::facts
