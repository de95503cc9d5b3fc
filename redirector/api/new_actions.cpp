#include "redirector/api/new_actions.hpp"

#include "redirector/api/action_document.hpp"
#include "redirector/api/action_index.hpp"
#include "redirector/api/action_targets.hpp"
#include "redirector/api/body.hpp"
#include "redirector/api/listing.hpp"
#include "redirector/api/position.hpp"
#include "redirector/api/query.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/scopes.hpp"
#include "redirector/api/shown_actions.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/config.hpp"
#include "redirector/scan/index.hpp"
#include "redirector/scan/partition.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/redis_client.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <span>

namespace redirector::api {
namespace {

namespace json = boost::json;

// A page that finds one action reads its whole entry, so that entries of many make lists dear.
constexpr std::size_t kRecordsPerEntry = 16;

// Indexes that one request may write to: Redis does nothing else meanwhile.
constexpr std::size_t kMaxIndexes = 5'000;

Problem refusal(std::string_view field, std::string what) {
    return {Code::invalid_field, std::string(field),
            "action." + std::string(field) + " " + std::move(what)};
}

// What a record may hold of a field.
std::size_t bound_of(std::string_view field) {
    return std::ranges::find(scan::kFields, field, &scan::RecordField::name)->bound;
}

Problems refuse_large(const json::object& fields) {
    Problems problems;
    for (const std::string_view name : {"tags", "identifiers", "customFields", "scopes"}) {
        const json::value* const value = fields.if_contains(name);
        if (value != nullptr && json::serialize(*value).size() > bound_of(name))
            problems.push_back(refusal(
                name, "takes more than " + std::to_string(bound_of(name)) + " bytes as JSON"));
    }
    return problems;
}

// The type that path and body agree on.
Problems take_type(const std::string& in_path, json::object& fields) {
    const std::string given(text_of(fields, "type"));
    const bool any = in_path == kAllTypes;
    if (any && given.empty()) return {{Code::missing_field, "type", "action.type is required"}};
    if (!any && !given.empty() && given != in_path)
        return {refusal("type", "is \"" + given + "\", but the path says \"" + in_path + "\"")};
    const std::string type = any ? given : in_path;
    if (type == scan::kImplicitScans)
        return {refusal("type", "must not be implicitScans: redirects make these")};
    const auto built_in = built_in_action_types();
    if (!type.starts_with('_') && std::ranges::find(built_in, type) == built_in.end())
        return {refusal("type",
                        "must be scans, checkins, shares or a custom type, whose name "
                        "starts with _")};
    fields["type"] = type;
    return {};
}

// One target; that of the path where it names one.
Problems take_target(const Call& call, const ActionPath& path, json::object& fields) {
    if (path.of != nullptr) {
        const std::string_view field = path.of->document.name;
        const std::string given(text_of(fields, field));
        if (!given.empty() && given != path.id)
            return {refusal(field, "is \"" + given + "\", but the path says \"" + path.id + "\"")};
        fields[field] = path.id;
    }
    const bool item = fields.contains("thng") || fields.contains("product");
    if (item && fields.contains("collection"))
        return {refusal("collection", "is a second target: an action has one")};
    if (!item && !fields.contains("collection") && call.actor.type == KeyType::device)
        fields["thng"] = call.actor.id;
    return {};
}

Problems take_location(NewAction& action) {
    json::value* const value = action.fields.if_contains("location");
    if (value == nullptr) return {};
    json::object& location = value->get_object();
    if (Problems problems = mirror_position("action.location", location); !problems.empty())
        return problems;
    if (const auto position = position_of(location)) {
        action.position = scan::Coordinates{position->latitude, position->longitude};
    } else if (!location.contains("place")) {
        return {{Code::missing_field, "location",
                 "action.location needs position, latitude and longitude, or place"}};
    }
    return {};
}

Problems take_timestamp(json::object& fields) {
    const std::int64_t now = now_ms();
    if (!fields.contains("timestamp")) fields["timestamp"] = now;
    if (fields["timestamp"].get_int64() <= now + kMaxAhead) return {};
    return {refusal("timestamp", "is more than a day ahead")};
}

// Who makes it, and the scopes that follow.
void take_maker(const Actor& actor, json::object& fields) {
    if (actor.type == KeyType::user) fields["user"] = actor.id;
    if (actor.type == KeyType::device) fields["createdByThng"] = actor.id;
    if (!actor.project.empty()) fields["createdByProject"] = actor.project;
    const std::string& app = actor.type == KeyType::trusted_application ? actor.id : actor.app;
    if (!app.empty()) fields["createdByApp"] = app;
}

Problems take_action(const Call& call,
                     const ActionPath& path,
                     json::value body,
                     NewAction& action) {
    if (!body.is_object())
        return {{Code::malformed_request, "", "an action must be a JSON object"}};
    action.fields = std::move(body.get_object());
    json::object& fields = action.fields;
    Problems problems = check(kAction, Verb::create, fields);
    const auto step = [&problems](Problems found) {
        problems.insert(problems.end(), found.begin(), found.end());
    };
    if (!problems.empty()) return problems;
    step(take_type(path.type, fields));
    step(take_target(call, path, fields));
    step(take_location(action));
    step(take_timestamp(fields));
    step(scope_new(call.actor, Query(call.request.query), fields));
    step(refuse_large(fields));
    take_maker(call.actor, fields);
    return problems;
}

// The bodies of the actions, or why there are none.
ParsedValue read_bodies(const Request& request, NewActions& actions) {
    ParsedValue parsed = parse_body(request);
    if (parsed.form && parsed.value.is_object()) coerce(kAction, parsed.value.get_object());
    actions.as_array = parsed.value.is_array();
    if (!parsed.problems.empty()) return parsed;
    if (!actions.as_array) parsed.value = json::array{std::move(parsed.value)};
    const std::size_t count = parsed.value.get_array().size();
    if (count == 0 || count > kMaxNewActions) {
        parsed.problems.push_back(
            {Code::invalid_field, "",
             "the body must be an action, or an array of 1 to " + std::to_string(kMaxNewActions)});
    }
    return parsed;
}

// JSON texts that a Scan points into.
struct Texts {
    std::string tags, identifiers, custom_fields, scopes;
};

std::string text_if(const json::object& fields, std::string_view name) {
    const json::value* const value = fields.if_contains(name);
    return value == nullptr ? std::string() : json::serialize(*value);
}

void set_target(const json::object& fields, scan::Scan& scan) {
    scan.product = text_of(fields, "product");
    scan.resource_type = scan::ResourceType::thng;
    scan.evrythng_id = text_of(fields, "thng");
    if (!scan.evrythng_id.empty()) return;
    const bool product = !scan.product.empty();
    scan.evrythng_id = product ? scan.product : text_of(fields, "collection");
    scan.product = {};
    scan.resource_type = scan.evrythng_id.empty() ? scan::ResourceType::unknown
                         : product                ? scan::ResourceType::product
                                                  : scan::ResourceType::collection;
}

void set_location(const NewAction& action, scan::Scan& scan) {
    const json::value* const location = action.fields.if_contains("location");
    if (location == nullptr) return;
    scan.coordinates = action.position;
    scan.place = text_of(location->get_object(), "place");
    scan.location_source =
        scan.place.empty() ? scan::LocationSource::sensor : scan::LocationSource::place;
}

// One script call that adds all records to a partition; nothing when it would write to too many
// indexes.
class Addition {
  public:
    explicit Addition(scan::Partition partition)
        : partition_(std::move(partition)), keys_{scan::stream_key(partition_)} {}

    void add(std::span<const std::uint8_t> record, const std::vector<std::string>& indexes) {
        if (entries_.empty() || entries_.back().records == kRecordsPerEntry)
            entries_.emplace_back();
        Entry& entry = entries_.back();
        scan::pack(entry.value, record);
        ++entry.records;
        for (const std::string& index : indexes) {
            const std::size_t number = key_number(scan::index_key(partition_, index));
            if (std::ranges::find(entry.keys, number) == entry.keys.end())
                entry.keys.push_back(number);
        }
    }

    bool too_many_indexes() const { return keys_.size() > kMaxIndexes; }

    store::Command command() const {
        store::Command command{"EVAL", std::string(scan::kAddScript), std::to_string(keys_.size())};
        command.insert(command.end(), keys_.begin(), keys_.end());
        command.push_back(std::to_string(entries_.size()));
        for (const Entry& entry : entries_) {
            command.push_back(entry.value);
            command.push_back(std::to_string(entry.keys.size()));
            for (const std::size_t number : entry.keys)
                command.push_back(std::to_string(number));
        }
        return command;
    }

    // Where the record lies that was added as the `number`th; `reply` is the script's.
    std::optional<scan::Position> position(std::size_t number,
                                           const store::RedisReply& reply) const {
        const std::size_t entry = number / kRecordsPerEntry;
        if (entry >= reply.elements.size()) return std::nullopt;
        const auto id = scan::parse_stream_id(reply.elements[entry].text);
        if (!id) return std::nullopt;
        const auto index = static_cast<unsigned>(number % kRecordsPerEntry);
        return scan::Position{partition_.bucket, *id, index};
    }

  private:
    struct Entry {
        std::string value;
        std::size_t records = 0;
        std::vector<std::size_t> keys;  // numbers of its indexes' keys, as Lua counts
    };

    std::size_t key_number(std::string key) {
        const auto [known, fresh] = numbers_.emplace(std::move(key), keys_.size() + 1);
        if (fresh) keys_.push_back(known->first);
        return known->second;
    }

    scan::Partition partition_;
    std::vector<std::string> keys_;
    std::map<std::string, std::size_t> numbers_;
    std::vector<Entry> entries_;
};

void answer_actions(Call& call, bool as_array, json::array documents) {
    call.reply.status = 201;
    if (as_array) return answer_json(call, documents);
    const json::object& action = documents.front().get_object();
    call.reply.add("Location", call.services.config.api_url + "/actions/" +
                                   std::string(text_of(action, "type")) + "/" +
                                   std::string(text_of(action, "id")));
    answer_json(call, action);
}

}  // namespace

Awaitable<std::optional<NewActions>> take_actions(Call& call) {
    std::optional<NewActions> taken;
    const ActionPath path = action_path(call);
    const bool found = co_await find_parent(call, path);
    if (!found) co_return taken;
    if (path.type != kAllTypes) {
        const auto known = co_await is_action_type(call, path.type);
        if (known && !*known) {
            call.refuse(Code::not_found, "type", "action type \"" + path.type + "\" was not found");
        }
        if (!known || !*known) co_return taken;
    }
    NewActions actions;
    ParsedValue bodies = read_bodies(call.request, actions);
    Problems problems = std::move(bodies.problems);
    const std::size_t count = problems.empty() ? bodies.value.get_array().size() : 0;
    actions.actions.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        Problems wrong =
            take_action(call, path, std::move(bodies.value.get_array()[i]), actions.actions[i]);
        for (Problem& problem : wrong) {
            if (actions.as_array) problem.message.insert(0, "[" + std::to_string(i) + "] ");
            problems.push_back(std::move(problem));
        }
    }
    if (!problems.empty()) {
        call.refuse(problems);
        co_return taken;
    }
    const bool resolved = co_await resolve_targets(call, actions);
    if (resolved) taken = std::move(actions);
    co_return taken;
}

std::vector<std::uint8_t> record_of(const NewAction& action,
                                    const std::string& account,
                                    const scan::Scan& origin) {
    const json::object& fields = action.fields;
    Texts texts{text_if(fields, "tags"), text_if(fields, "identifiers"),
                text_if(fields, "customFields"), text_if(fields, "scopes")};
    scan::Scan scan = origin;
    scan.time_ms = static_cast<std::uint64_t>(fields.at("timestamp").get_int64());
    scan.account = account;
    scan.action_type = text_of(fields, "type");
    scan.user = text_of(fields, "user");
    scan.project = text_of(fields, "createdByProject");
    scan.application = text_of(fields, "createdByApp");
    scan.device = text_of(fields, "createdByThng");
    const std::string usual = json::serialize(default_scopes(scan.user, scan.project));
    if (texts.scopes != usual) scan.scopes = texts.scopes;
    set_target(fields, scan);
    set_location(action, scan);
    scan.tags = texts.tags;
    scan.identifiers = texts.identifiers;
    scan.custom_fields = texts.custom_fields;
    scan.reaction_level = action.reaction_level;
    scan.rule = action.rule;
    scan.redirect_url = action.redirect_url;
    scan.reaction_context = action.reaction_context;
    std::vector<std::uint8_t> record(scan::encoded_size(scan));
    scan::encode(scan, record.data());
    return record;
}

Awaitable<void> store_actions(Call& call, const NewActions& actions, const scan::Scan& origin) {
    // Any partition will do: lists read all of them.
    const unsigned bucket = scan::bucket_of(store::new_resource_id());
    Addition addition(scan::Partition{call.actor.account, bucket});
    std::vector<std::vector<std::uint8_t>> records;
    for (const NewAction& action : actions.actions) {
        records.push_back(record_of(action, call.actor.account, origin));
        addition.add(records.back(), indexes_of_action(action.fields));
    }
    if (addition.too_many_indexes()) {
        call.refuse(Code::invalid_field, "tags",
                    "the actions of one request have more than 5000 tags, identifiers and targets");
        co_return;
    }
    // Before anything is stored, since this may be refused.
    if (shows_context(call)) {
        std::vector<std::string> agent{std::string(origin.user_agent)};
        const bool learnt = co_await learn_agents(call, std::move(agent));
        if (!learnt) co_return;
    }
    store::Command command = addition.command();
    const auto reply = co_await call.services.scan_redis.execute(std::move(command));
    if (!reply || reply->is_error()) {
        refuse_store(call);
        co_return;
    }
    std::vector<FoundAction> made;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto position = addition.position(i, *reply);
        if (!position) {
            refuse_store(call);
            co_return;
        }
        made.push_back({*position, std::move(records[i])});
    }
    auto documents = co_await show_actions(call, std::move(made));
    if (documents) answer_actions(call, actions.as_array, std::move(*documents));
}

}  // namespace redirector::api
