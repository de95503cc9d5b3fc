#include "redirector/api/actions.hpp"

#include "redirector/api/action_document.hpp"
#include "redirector/api/action_index.hpp"
#include "redirector/api/action_reader.hpp"
#include "redirector/api/action_targets.hpp"
#include "redirector/api/listing.hpp"
#include "redirector/api/scopes.hpp"
#include "redirector/api/shown_actions.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/config.hpp"
#include "redirector/scan/partition.hpp"
#include "redirector/store/ids.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <optional>

namespace redirector::api {
namespace {

namespace json = boost::json;
using store::RedisReply;

struct Wanted {
    ActionPath path;
    Paging paging;
    std::vector<std::string> ids;  // empty: all
    std::optional<scan::Position> after;
    Filter filter{kAction};
    std::string project;  // of ?project=, else of the key; empty: any
};

std::optional<Wanted> read_wanted(Call& call, const Query& query) {
    Wanted wanted;
    wanted.path = action_path(call);
    Problems problems = read_paging(query, wanted.paging);
    if (!wanted.paging.after.empty()) {
        wanted.after = scan::parse_action_id(wanted.paging.after);
        if (!wanted.after) problems.push_back(refuse_token());
    }
    if (const auto ids = query.find("ids")) {
        wanted.ids = read_ids(*ids, problems);
    }
    if (const auto text = query.find("filter")) {
        const Problems found = wanted.filter.parse(*text);
        problems.insert(problems.end(), found.begin(), found.end());
    }
    wanted.project = query.find("project").value_or(call.actor.project);
    if (!wanted.project.empty() && !store::is_resource_id(wanted.project)) {
        problems.push_back(
            {Code::invalid_parameter, "project", "project must be an ID of 24 letters and digits"});
    }
    if (problems.empty()) return wanted;
    call.refuse(problems);
    return std::nullopt;
}

// A device sees what was done on its thng, and nothing by scope.
bool sees(const Actor& actor, const json::object& action) {
    if (actor.type == KeyType::device) return text_of(action, "thng") == actor.id;
    return visible(actor, action);
}

bool is_done_on(const scan::Scan& scan, const ActionPath& path) {
    if (path.of == nullptr) return true;
    const std::string_view kind = path.of->document.name;
    if (kind == kProduct.name && scan.product == path.id) return true;
    return scan.evrythng_id == path.id && target_field(scan.resource_type) == kind;
}

// The cheap questions first: most of what a list passes over fails these.
bool is_wanted(const Call& call,
               const Wanted& wanted,
               const scan::Position& position,
               const scan::Scan& scan) {
    if (!is_of_type(scan, wanted.path.type) || !is_done_on(scan, wanted.path)) return false;
    const bool all_seen = call.actor.type == KeyType::operator_ && wanted.project.empty();
    if (all_seen && wanted.filter.empty()) return true;
    const json::object action = action_fields(position, scan);
    const bool by_scope = call.actor.type != KeyType::device && !wanted.project.empty();
    return sees(call.actor, action) && (!by_scope || in_project(action, wanted.project)) &&
           wanted.filter.matches(action);
}

// Sets of indexes, each of which holds all that is wanted.
std::vector<std::vector<std::string>> indexes_for(const Call& call, const Wanted& wanted) {
    std::vector<std::vector<std::string>> choices;
    const std::string implicit = action_index("type", scan::kImplicitScans);
    for (const std::vector<std::string>& names : wanted.filter.alternatives()) {
        std::vector<std::string> choice;
        for (const std::string& name : names)
            choice.push_back(action_index(name));
        if (std::ranges::find(choice, implicit) == choice.end())
            choices.push_back(std::move(choice));
    }
    if (wanted.path.of != nullptr)
        choices.push_back({action_index(wanted.path.of->document.name, wanted.path.id)});
    if (call.actor.type == KeyType::device) {
        choices.push_back({action_index("thng", call.actor.id)});
    } else if (!wanted.project.empty()) {
        choices.push_back({action_index_of_project(wanted.project)});
    }
    const std::string& type = wanted.path.type;
    if (type != kAllTypes && has_type_index(type)) choices.push_back({action_index("type", type)});
    return choices;
}

// The choice with the fewest members. nullopt: store down, which is answered.
Awaitable<std::optional<std::vector<std::string>>> smallest(
    Call& call, std::vector<std::vector<std::string>> choices) {
    std::optional<std::vector<std::string>> best;
    if (choices.size() < 2) {
        best = choices.empty() ? std::vector<std::string>() : std::move(choices.front());
        co_return best;
    }
    std::vector<store::Command> commands;
    std::vector<std::size_t> choice_of;  // of each command
    for (std::size_t i = 0; i < choices.size(); ++i) {
        for (const std::string& index : choices[i]) {
            for (unsigned bucket = 0; bucket < scan::kBuckets; ++bucket) {
                commands.push_back({"ZCARD", scan::index_key({call.actor.account, bucket}, index)});
                choice_of.push_back(i);
            }
        }
    }
    const auto replies = co_await call.services.scan_redis.execute(std::move(commands));
    if (!replies || std::ranges::any_of(*replies, &RedisReply::is_error)) {
        refuse_store(call);
        co_return best;
    }
    std::vector<std::int64_t> members(choices.size());
    for (std::size_t i = 0; i < replies->size(); ++i)
        members[choice_of[i]] += (*replies)[i].integer;
    best = std::move(
        choices[static_cast<std::size_t>(std::ranges::min_element(members) - members.begin())]);
    co_return best;
}

// What the filter says of the two times. An action is taken after it happened, but for the day that
// a client's clock may be ahead.
void bound_range(const Filter& filter, ActionRange& range) {
    const Filter::Span created = filter.span_of("createdAt");
    const Filter::Span happened = filter.span_of("timestamp");
    const std::int64_t first =
        std::max({created.first, happened.first - kMaxAhead, std::int64_t{0}});
    range.first_ms = std::min(static_cast<std::uint64_t>(first), range.last_ms);
    if (created.last >= 0)
        range.last_ms = std::min(range.last_ms, static_cast<std::uint64_t>(created.last));
}

Awaitable<bool> find_parts(Call& call, const ActionPath& path) {
    const bool found = co_await find_parent(call, path);
    if (!found || path.type == kAllTypes) co_return found;
    const auto known = co_await is_action_type(call, path.type);
    if (known && !*known)
        call.refuse(Code::not_found, "type", "action type \"" + path.type + "\" was not found");
    co_return known&&* known;
}

// Of the IDs that are wanted, those that there are and that the caller sees, in their order.
Awaitable<void> list_by_ids(Call& call, const Wanted& wanted) {
    std::vector<scan::Position> positions;
    for (const std::string& id : wanted.ids) {
        if (const auto position = scan::parse_action_id(id)) positions.push_back(*position);
    }
    std::vector<scan::Position> asked = positions;
    const auto values =
        co_await read_entries(call.services.scan_redis, call.actor.account, std::move(asked));
    if (!values) {
        refuse_store(call);
        co_return;
    }
    std::vector<FoundAction> found;
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const auto record = record_in((*values)[i], positions[i].index);
        const auto scan = record.empty() ? std::nullopt : scan::decode(record);
        if (scan && is_wanted(call, wanted, positions[i], *scan))
            found.push_back({positions[i], {record.begin(), record.end()}});
    }
    const auto documents = co_await show_actions(call, std::move(found));
    if (!documents) co_return;
    call.reply.add("x-result-count", std::to_string(documents->size()));
    answer_json(call, *documents);
}

ActionRange range_of(const Wanted& wanted, std::vector<std::string> indexes) {
    ActionRange range;
    range.indexes = std::move(indexes);
    if (wanted.paging.ascending) range.order = scan::Order::oldest_first;
    bound_range(wanted.filter, range);
    return range;
}

// What one page of a list found.
struct ActionPage {
    std::vector<FoundAction> actions;
    std::optional<scan::Position> last;  // that was looked at
    bool more = false;                   // there is something behind it
    bool failed = false;
};

Awaitable<ActionPage> read_page(Call& call, const Wanted& wanted, ActionReader& reader) {
    ActionPage page;
    for (std::size_t examined = 0; examined <= kMaxExamined; ++examined) {
        const auto position = co_await reader.next();
        page.more = position.has_value();
        const bool full = page.actions.size() == wanted.paging.per_page;
        if (!page.more || full || examined == kMaxExamined) break;
        page.last = position;
        const auto record = reader.record_at(*position);
        const auto scan = record.empty() ? std::nullopt : scan::decode(record);
        if (scan && is_wanted(call, wanted, *position, *scan))
            page.actions.push_back({*position, {record.begin(), record.end()}});
    }
    page.failed = reader.failed();
    co_return page;
}

}  // namespace

bool is_of_type(const scan::Scan& scan, std::string_view type) {
    return type == kAllTypes ||
           type == (scan.action_type.empty() ? scan::kImplicitScans : scan.action_type);
}

void refuse_action(Call& call, std::string_view id) {
    call.refuse(Code::not_found, "id", "action \"" + std::string(id) + "\" was not found");
}

Awaitable<void> list_actions(Call& call) {
    const Query query(call.request.query);
    const auto wanted = read_wanted(call, query);
    if (!wanted) co_return;
    const bool found = co_await find_parts(call, wanted->path);
    if (!found) co_return;
    if (!wanted->ids.empty()) {
        co_await list_by_ids(call, *wanted);
        co_return;
    }
    auto indexes = co_await smallest(call, indexes_for(call, *wanted));
    if (!indexes) co_return;
    ActionReader reader(call.services.scan_redis, call.actor.account,
                        range_of(*wanted, std::move(*indexes)), wanted->after);
    ActionPage page = co_await read_page(call, *wanted, reader);
    if (page.failed) {
        refuse_store(call);
        co_return;
    }
    const auto documents = co_await show_actions(call, std::move(page.actions));
    if (!documents) co_return;
    if (page.more && page.last) {
        call.reply.add("Link", next_link(call.services.config.api_url, call.request.path, query,
                                         scan::action_id(*page.last)));
    } else if (!wanted->after) {
        call.reply.add("x-result-count", std::to_string(documents->size()));
    }
    answer_json(call, *documents);
}

Awaitable<void> read_action(Call& call) {
    const ActionPath path = action_path(call);
    const bool found = co_await find_parts(call, path);
    if (!found) co_return;
    if (const auto position = scan::parse_action_id(path.id_of_action)) {
        const auto value =
            co_await read_entry(call.services.scan_redis, call.actor.account, *position);
        if (!value) {
            refuse_store(call);
            co_return;
        }
        const auto record = record_in(*value, position->index);
        const auto scan = record.empty() ? std::nullopt : scan::decode(record);
        if (scan && is_of_type(*scan, path.type) && is_done_on(*scan, path) &&
            sees(call.actor, action_fields(*position, *scan))) {
            std::vector<FoundAction> one;
            one.push_back({*position, {record.begin(), record.end()}});
            const auto documents = co_await show_actions(call, std::move(one));
            if (documents) answer_json(call, documents->front());
            co_return;
        }
    }
    refuse_action(call, path.id_of_action);
}

}  // namespace redirector::api
