#include "redirector/api/actions.hpp"

#include "redirector/api/action_document.hpp"
#include "redirector/api/documents.hpp"
#include "redirector/api/listing.hpp"
#include "redirector/api/query.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/config.hpp"
#include "redirector/scan/newest_first.hpp"
#include "redirector/scan/partition.hpp"
#include "redirector/store/redis_client.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace redirector::api {
namespace {

namespace json = boost::json;
using store::RedisReply;

constexpr std::string_view kAll = "all";

// Records that one page may pass over in search of those of its type: a rare type ends a page early
// rather than reading a million others.
constexpr std::size_t kMaxPassedOver = 5000;

// The value of the one field of a stream entry, [id, [field, value]]; empty when it is of another
// form.
std::string entry_value(const RedisReply& entry) {
    const bool formed = entry.elements.size() == 2 && entry.elements[1].elements.size() == 2 &&
                        entry.elements[1].elements[0].text == scan::kEntryField;
    return formed ? entry.elements[1].elements[1].text : std::string();
}

// Streams of an account, read newest first; keeps the entries that positions point into.
class ActionReader {
  public:
    ActionReader(store::RedisClient& redis,
                 std::string account,
                 std::optional<scan::Position> after)
        : redis_(redis), account_(std::move(account)), merge_(after) {}

    // The next action, fetching `batch` entries of each stream that has run dry; nullopt at the end
    // or when failed().
    Awaitable<std::optional<scan::Position>> next(std::size_t batch) {
        std::optional<scan::Position> position = merge_.next();
        while (!position && !merge_.wanted().empty() && !failed_) {
            co_await fetch(batch);
            position = merge_.next();
        }
        co_return position;
    }

    // The scan at a position that next() gave; views live as long as this.
    std::optional<scan::Scan> scan_at(const scan::Position& position) const {
        const auto found = entries_.find({position.bucket, position.entry});
        if (found == entries_.end()) return std::nullopt;
        const auto records = scan::unpack(found->second);
        if (!records || position.index >= records->size()) return std::nullopt;
        return scan::decode((*records)[position.index]);
    }

    bool failed() const { return failed_; }

  private:
    Awaitable<void> fetch(std::size_t batch) {
        const std::vector<scan::NewestFirst::Fetch> wanted = merge_.wanted();
        std::vector<store::Command> commands;
        for (const auto& fetch : wanted) {
            commands.push_back({"XREVRANGE", scan::stream_key({account_, fetch.bucket}), fetch.from,
                                "-", "COUNT", std::to_string(batch)});
        }
        const auto replies = co_await redis_.execute(std::move(commands));
        if (!replies || std::ranges::any_of(*replies, &RedisReply::is_error)) {
            failed_ = true;
            co_return;
        }
        for (std::size_t i = 0; i < wanted.size(); ++i)
            take(wanted[i].bucket, (*replies)[i], batch);
    }

    void take(unsigned bucket, const RedisReply& reply, std::size_t batch) {
        std::vector<scan::FetchedEntry> fetched;
        for (const RedisReply& entry : reply.elements) {
            const auto id = entry.elements.empty() ? std::nullopt
                                                   : scan::parse_stream_id(entry.elements[0].text);
            std::string value = entry_value(entry);
            const auto records = scan::unpack(value);
            if (!id || !records || records->empty()) continue;
            fetched.push_back({*id, static_cast<unsigned>(records->size())});
            entries_.emplace(std::pair{bucket, *id}, std::move(value));
        }
        merge_.fetched(bucket, fetched, reply.elements.size() < batch);
    }

    store::RedisClient& redis_;
    std::string account_;
    scan::NewestFirst merge_;
    std::map<std::pair<unsigned, scan::StreamId>, std::string> entries_;
    bool failed_ = false;
};

bool is_of_type(const scan::Scan& scan, std::string_view type) {
    return type == kAll ||
           type == (scan.action_type.empty() ? scan::kImplicitScans : scan.action_type);
}

struct Wanted {
    Paging paging;
    std::optional<scan::Position> after;
    bool context = false;
};

std::optional<Wanted> read_wanted(Call& call, const Query& query) {
    Wanted wanted;
    Problems problems = read_paging(query, wanted.paging);
    if (wanted.paging.ascending) {
        problems.push_back(
            {Code::invalid_parameter, "sortOrder", "actions are listed newest first only"});
    }
    if (!wanted.paging.after.empty()) {
        wanted.after = scan::parse_action_id(wanted.paging.after);
        if (!wanted.after) {
            problems.push_back({Code::invalid_parameter, "nextPageToken",
                                "nextPageToken is not one that a list gave"});
        }
    }
    if (query.find("filter")) {
        problems.push_back({Code::invalid_parameter, "filter", "actions cannot be filtered"});
    }
    wanted.context = query.find("context") == "true";
    if (problems.empty()) return wanted;
    call.refuse(problems);
    return std::nullopt;
}

}  // namespace

Awaitable<void> list_actions(Call& call) {
    const Query query(call.request.query);
    const auto wanted = read_wanted(call, query);
    if (!wanted) co_return;
    const std::string type(call.captures[0]);
    ActionReader reader(call.services.redis, call.actor.account, wanted->after);
    json::array page;
    std::optional<scan::Position> last;
    bool more = false;
    for (std::size_t seen = 0; seen < kMaxPassedOver; ++seen) {
        const auto position = co_await reader.next(wanted->paging.per_page + 1);
        more = position.has_value();
        if (!position || page.size() == wanted->paging.per_page) break;
        last = position;
        const auto scan = reader.scan_at(*position);
        if (scan && is_of_type(*scan, type)) {
            page.emplace_back(
                shown(kAction, query,
                      action_document(*position, *scan, wanted->context, call.services.agents)));
        }
    }
    if (reader.failed()) {
        refuse_store(call);
        co_return;
    }
    if (more && last) {
        call.reply.add("Link", next_link(call.services.config.api_url, call.request.path, query,
                                         scan::action_id(*last)));
    }
    answer_json(call, page);
}

Awaitable<void> read_action(Call& call) {
    const std::string type(call.captures[0]);
    const std::string id(call.captures[1]);
    const Query query(call.request.query);
    const auto position = scan::parse_action_id(id);
    if (position) {
        const std::string entry = scan::to_string(position->entry);
        store::Command command{"XRANGE", scan::stream_key({call.actor.account, position->bucket}),
                               entry, entry};
        const auto reply = co_await call.services.redis.execute(std::move(command));
        if (!reply || reply->is_error()) {
            refuse_store(call);
            co_return;
        }
        const std::string value =
            reply->elements.empty() ? std::string() : entry_value(reply->elements[0]);
        const auto records = scan::unpack(value);
        const bool there = records && position->index < records->size();
        const auto scan = there ? scan::decode((*records)[position->index]) : std::nullopt;
        if (scan && is_of_type(*scan, type)) {
            const bool with_context = query.find("context") == "true";
            answer_json(
                call, shown(kAction, query,
                            action_document(*position, *scan, with_context, call.services.agents)));
            co_return;
        }
    }
    call.refuse(Code::not_found, "id", "action \"" + id + "\" was not found");
}

}  // namespace redirector::api
