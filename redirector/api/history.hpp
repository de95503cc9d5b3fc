// Histories: what a property, or a thng's location, was and when.
// Shape:   a zset in the document's partition, members `<timestamp, 12 hex digits><JSON>`; at most
//          kMaxPoints, the oldest go first. The latest point is in the document too.
// Units:   milliseconds since the epoch, UTC.
// Threads: on the I/O thread of the call.
#pragma once

#include "redirector/api/documents.hpp"
#include "redirector/api/query.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::api {

inline constexpr std::size_t kMaxPoints = 10'000;
inline constexpr std::string_view kLocationHistory = "~location";

// Commands for Change::along.
void add_point(const store::Documents& store,
               std::string_view id,
               std::string_view name,
               std::int64_t timestamp,
               const boost::json::value& value,
               std::vector<store::Command>& along);
void drop_points(const store::Documents& store,
                 std::string_view id,
                 std::string_view name,
                 std::int64_t before,  // those older than this
                 std::vector<store::Command>& along);
void drop_history(const store::Documents& store,
                  std::string_view id,
                  std::string_view name,
                  std::vector<store::Command>& along);

struct Point {
    std::int64_t timestamp = 0;
    boost::json::value value;
};

// Answers a page of a history: newest first, from and to (both included), filter (on timestamp),
// perPage, sortOrder, nextPageToken. `show` makes the array's elements, which `spec` describes.
Awaitable<void> answer_history(Call& call,
                               const DocumentSpec& spec,
                               std::string id,
                               std::string name,
                               boost::json::object (*show)(Point point));

// ?to= of a request; -1: absent. Nothing: refused, which is answered.
std::optional<std::int64_t> read_time(Call& call, const Query& query, std::string_view parameter);

}  // namespace redirector::api
