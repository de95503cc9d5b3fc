// Documents in Redis: thngs, products, places ... and the indexes by which they are found.
// Shape:   the record under c:d:{<account>:<bucket>}:<id> is `<type> <JSON object>`. A change of a
//          record carries commands on keys of the same partition (its index members, its
//          histories), and all of it happens or none: one script, one hash slot. An index is a zset
//          of members
//          `<createdAt, 12 hex digits><id>`, all with score 0, so that their order as text is the
//          order of creation; every account has one of each name per partition.
// Units:   times are milliseconds since the epoch, UTC.
// Errors:  values. After store_down a change may or may not have happened.
// Threads: on the I/O thread of the client.
// Source:  the partitions of scan/partition.hpp; figures in redirector/api/README.md.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redis_client.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::store {

std::string encode_document(std::string_view type, std::string_view json);

struct DocumentRecord {
    std::string_view type;
    std::string_view json;
};
std::optional<DocumentRecord> decode_document(std::string_view record);

struct Change {
    std::string id;
    std::string before;          // the record as read; empty: there must be none
    std::string after;           // empty: remove
    std::vector<Command> along;  // each on a key of the document's partition, its first argument
};

enum class Changed : std::uint8_t { yes, no, store_down };  // no: the record was not `before`

// Index members and history members.
std::string index_member(std::int64_t created_at, std::string_view id);
bool is_document_member(std::string_view text);
std::string_view id_of_member(std::string_view member);

struct MemberQuery {
    std::vector<std::string> indexes;  // their union is read; 1 to 32 of them
    std::size_t limit = 30;
    bool ascending = false;
    std::string after;            // member to go on behind
    std::int64_t not_before = 0;  // bounds of createdAt, both included
    std::int64_t not_after = INT64_MAX;
};

struct Members {
    bool store_down = false;
    std::vector<std::string> members;  // at most `limit`, in the order asked for
    bool more = false;                 // there are others behind them
};

// GEOADD and GEOSEARCH take no latitudes beyond these (EPSG:3857); places nearer to a pole are kept
// as if they were here.
inline constexpr double kIndexedLatitude = 85.051128;

struct Nearby {
    std::string id;
    double distance = 0;  // metres
};

class Documents {
  public:
    Documents(RedisClient& redis, std::string account)
        : redis_(redis), account_(std::move(account)) {}

    // One record per ID, empty where there is none; nullopt when the store is down.
    Awaitable<std::optional<std::vector<std::string>>> read(std::span<const std::string> ids);

    // One result per change, in order; changes are independent of each other.
    Awaitable<std::vector<Changed>> commit(std::vector<Change> changes);
    Awaitable<Changed> commit(Change change);

    Awaitable<Members> members(const MemberQuery& query);

    // Members of an index, over all partitions.
    Awaitable<std::optional<std::uint64_t>> count(const std::string& index);

    // The nearest of what the geo index holds within `radius` metres, nearest first; positions
    // there are good to 0.6 m. nullopt: store down.
    Awaitable<std::optional<std::vector<Nearby>>> near(double latitude,
                                                       double longitude,
                                                       double radius,
                                                       std::size_t limit);

    // The nearest of all, nearest first, in at most two trips whose cost has a bound: within 25 km,
    // else within 250 km, else anywhere if the account has at most 10,000 places. nullopt: store
    // down.
    Awaitable<std::optional<std::vector<Nearby>>> closest(double latitude,
                                                          double longitude,
                                                          std::size_t limit);

    // Keys of a document's partition, for Change::along.
    std::string index_key(std::string_view index, std::string_view id) const;
    std::string history_key(std::string_view id, std::string_view name) const;
    std::string geo_key(std::string_view id) const;
    std::string cache_key(std::string_view id) const;

  private:
    RedisClient& redis_;
    std::string account_;
};

}  // namespace redirector::store
