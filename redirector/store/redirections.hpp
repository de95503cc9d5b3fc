// Redirections in Redis: create, read, list, update, remove. One home for their keys' order of
// writing.
// Shape:   the record c:l:<shortId> is the truth. Two indexes, by account and by resource, are
//          written before it and removed after it, so that a crash in between leaves at most an
//          index member without a record, which list() passes over. Index members are `<createdAt,
//          12 hex digits><shortId>`, all with score 0: their order as text is the order of
//          creation, and the last member shown is all that the next page must know.
// Errors:  values of Outcome. After store_down a write may or may not have happened.
// Threads: on the I/O thread of the client.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/redirection.hpp"
#include "redirector/store/redis_client.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::store {

enum class Outcome : std::uint8_t { done, absent, taken, store_down };

struct StoredRedirection {
    std::string short_id;
    Redirection redirection;
    std::uint64_t hits = 0;
};

struct ReadResult {
    Outcome outcome = Outcome::store_down;
    StoredRedirection stored;  // with `done`
};

struct ListQuery {
    std::string account;
    std::string evrythng_id;    // empty: all of the account
    std::size_t per_page = 30;  // 1..1000
    bool ascending = false;     // oldest first
    std::string after;  // index member that the page before ended with; empty: the first page
};

struct ListResult {
    Outcome outcome = Outcome::store_down;  // done or store_down
    std::vector<StoredRedirection> page;
    std::uint64_t total = 0;  // members of the index
    std::string next;         // `after` of the next page; empty: this is the last
};

// What came of a redirection that was to be created.
struct Creation {
    Outcome outcome = Outcome::store_down;  // done, taken or store_down
    std::optional<Redirection> existing;    // with `taken`: who has the short ID, if still there
};

class Redirections {
  public:
    // Hits are in `scan_redis`, which may be the same.
    Redirections(RedisClient& redis, RedisClient& scan_redis)
        : redis_(redis), scan_redis_(scan_redis) {}

    // `taken` when the short ID exists already, whoever has it.
    Awaitable<Outcome> create(const std::string& short_id, const Redirection& redirection);

    // The same for many, in order and in at most five trips. One of each, or store_down for all.
    Awaitable<std::vector<Creation>> create_all(const std::vector<StoredRedirection>& wanted);

    // `absent` also for one of another account; an empty `account` takes any.
    Awaitable<ReadResult> read(const std::string& short_id, const std::string& account);

    // Applies `change` to the stored redirection and sets updatedAt to `now_ms`. Done over, a few
    // times, when somebody else changed it in between.
    Awaitable<ReadResult> update(const std::string& short_id,
                                 const std::string& account,
                                 const std::function<void(Redirection&)>& change,
                                 std::int64_t now_ms);

    // Also forgets its hits.
    Awaitable<Outcome> remove(const std::string& short_id, const std::string& account);

    // Those of `short_ids` that are there and the account's, in their order, in one trip; their hits
    // are not read. nullopt: store down.
    Awaitable<std::optional<std::vector<StoredRedirection>>> find(
        const std::vector<std::string>& short_ids, const std::string& account);

    // Fills in the hits of redirections of one account, in one trip. False: store down.
    Awaitable<bool> count_hits(std::vector<StoredRedirection>& found);

    Awaitable<ListResult> list(const ListQuery& query);

  private:
    struct Record;
    enum class Replaced : std::uint8_t { yes, no, store_down };

    Awaitable<Record> read_record(const std::string& short_id, const std::string& account);
    // Only while the record is still `old_record`; an empty `new_record` removes it.
    Awaitable<Replaced> replace(const std::string& short_id,
                                const std::string& old_record,
                                const std::string& new_record);

    RedisClient& redis_;
    RedisClient& scan_redis_;
};

// Whether `text` can be an index member: what `nextPageToken` must look like.
bool is_index_member(std::string_view text);

// The member of a redirection in every index that it is in: `after` of what comes behind it.
std::string member_of(const StoredRedirection& stored);

}  // namespace redirector::store
