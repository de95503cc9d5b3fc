// Properties of thngs and products: named values with a history. The latest value of each is in the
// document, with the time that it is from.
#include "redirector/api/history.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/standard_routes.hpp"
#include "redirector/api/tables.hpp"
#include "rules/utf8.hpp"
#include "rules/vocabulary.hpp"

#include <boost/json.hpp>

#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxUpdates = 1'000;  // points of one request
constexpr std::size_t kMaxKey = 200;        // bytes
// Of the latest values of one thng or product, as JSON: every reader of the document reads them.
constexpr std::size_t kMaxLatest = 64 * 1024;

struct Update {
    std::string key;
    json::value value;
    std::int64_t timestamp = 0;
};

json::object point_document(const Point& point) {
    return {{"createdAt", point.timestamp}, {"timestamp", point.timestamp}, {"value", point.value}};
}

json::object shown_point(Point point) {
    return point_document(point);
}

json::object* object_in(json::object& document, std::string_view field) {
    json::value& value = document[field];
    if (!value.is_object()) value.emplace_object();
    return &value.get_object();
}

std::int64_t time_of(const json::object& document, std::string_view key) {
    const json::value* const times = document.if_contains("propertyTimes");
    if (times == nullptr || !times->is_object()) return -1;
    const json::value* const time = times->get_object().if_contains(key);
    return time != nullptr && time->is_int64() ? time->get_int64() : -1;
}

Problem refusal(Code code, std::string_view field, std::string_view what) {
    return {code, std::string(field), "property." + std::string(field) + " " + std::string(what)};
}

// The key of the path, as it is stored. Nothing: answered.
std::optional<std::string> key_of(Call& call) {
    const std::string key = decode_form(call.captures[1]);
    if (!key.empty() && key.size() <= kMaxKey && rules::is_well_formed(key))
        return rules::fold(key);
    call.refuse({refusal(Code::invalid_field, "key", "must be 1 to 200 bytes of UTF-8")});
    return std::nullopt;
}

// One element of the body; `key` is that of the path, or empty.
Problems read_update(json::value& element, std::string_view key, std::vector<Update>& updates) {
    if (!element.is_object())
        return {{Code::invalid_field, "", "the body must be an array of objects"}};
    json::object& fields = element.get_object();
    Problems problems = check(kProperty, Verb::create, fields);
    if (!problems.empty()) return problems;
    Update update;
    update.key = key.empty() ? rules::fold(text_of(fields, "key")) : std::string(key);
    if (update.key.empty()) return {refusal(Code::missing_field, "key", "is required")};
    if (update.key.front() == '~')
        return {refusal(Code::invalid_field, "key", "starts with ~, which is kept for the system")};
    update.value = fields.at("value");
    const json::value* const timestamp = fields.if_contains("timestamp");
    update.timestamp = timestamp != nullptr ? timestamp->get_int64() : now_ms();
    updates.push_back(std::move(update));
    return {};
}

std::optional<std::vector<Update>> read_updates(Call& call, std::string_view key) {
    ParsedValue parsed = parse_body(call.request);
    if (parsed.form && parsed.value.is_object()) coerce(kProperty, parsed.value.get_object());
    if (parsed.value.is_object()) parsed.value = json::array{std::move(parsed.value)};
    std::vector<Update> updates;
    if (parsed.problems.empty() &&
        (!parsed.value.is_array() || parsed.value.get_array().size() > kMaxUpdates)) {
        parsed.problems.push_back(
            {Code::invalid_field, "", "the body must be an array of at most 1000 properties"});
    }
    for (std::size_t i = 0; parsed.problems.empty() && i < parsed.value.get_array().size(); ++i)
        parsed.problems = read_update(parsed.value.get_array()[i], key, updates);
    if (parsed.problems.empty()) return updates;
    call.refuse(parsed.problems);
    return std::nullopt;
}

void apply(const store::Documents& store,
           const std::vector<Update>& updates,
           json::object& document,
           std::vector<store::Command>& along) {
    const std::string id(text_of(document, "id"));
    for (const Update& update : updates) {
        add_point(store, id, update.key, update.timestamp, update.value, along);
        if (update.timestamp < time_of(document, update.key)) continue;
        (*object_in(document, "properties"))[update.key] = update.value;
        (*object_in(document, "propertyTimes"))[update.key] = update.timestamp;
    }
}

// Whether so many latest values are too many.
bool is_full(const json::object& document) {
    const json::object& latest = document.at("properties").get_object();
    return latest.size() > kMaxItems || json::serialize(latest).size() > kMaxLatest;
}

Awaitable<void> write(Call& call, std::string_view key) {
    const auto updates = read_updates(call, key);
    if (!updates) co_return;
    const store::Documents store(call.services.redis, call.actor.account);
    bool full = false;
    const Edit edit = [&](json::object& document, std::vector<store::Command>& along) {
        apply(store, *updates, document, along);
        full = is_full(document);
        return !full;
    };
    std::string id(call.captures[0]);
    const auto changed = co_await change_document(call, *call.route->resource, std::move(id), edit);
    if (!changed) co_return;
    if (full) {
        call.refuse(Code::invalid_field, "properties",
                    "property: there would be more than 1000 properties, or 65536 bytes of them");
        co_return;
    }
    json::array answer;
    for (const Update& update : *updates) {
        json::object document = point_document({update.timestamp, update.value});
        document["key"] = update.key;
        answer.emplace_back(std::move(document));
    }
    answer_json(call, answer);
}

Awaitable<void> write_all(Call& call) {
    co_await write(call, {});
}
Awaitable<void> write_one(Call& call) {
    const auto key = key_of(call);
    if (key) co_await write(call, *key);
}

Awaitable<void> read_all(Call& call) {
    std::string id(call.captures[0]);
    const auto found = co_await find_document(call, call.route->resource->document, std::move(id));
    if (!found) co_return;
    json::array answer;
    const json::value* const properties = found->fields.if_contains("properties");
    if (properties != nullptr && properties->is_object()) {
        for (const auto& member : properties->get_object()) {
            json::object document =
                point_document({time_of(found->fields, member.key()), member.value()});
            document["key"] = member.key();
            answer.emplace_back(std::move(document));
        }
    }
    answer_json(call, answer);
}

Awaitable<void> read_one(Call& call) {
    std::string id(call.captures[0]);
    const auto found = co_await find_document(call, call.route->resource->document, id);
    if (!found) co_return;
    auto key = key_of(call);
    if (!key) co_return;
    co_await answer_history(call, kProperty, std::move(id), std::move(*key), shown_point);
}

void forget(const store::Documents& store,
            std::string_view key,
            std::int64_t before,  // -1: whatever its age
            json::object& document,
            std::vector<store::Command>& along) {
    const std::string id(text_of(document, "id"));
    if (before >= 0 && time_of(document, key) >= before) {
        drop_points(store, id, key, before, along);
        return;
    }
    drop_history(store, id, key, along);
    object_in(document, "properties")->erase(key);
    object_in(document, "propertyTimes")->erase(key);
}

Awaitable<void> remove_all(Call& call) {
    const auto before = read_time(call, Query(call.request.query), "to");
    if (!before) co_return;
    const store::Documents store(call.services.redis, call.actor.account);
    const Edit edit = [&](json::object& document, std::vector<store::Command>& along) {
        const json::object properties = *object_in(document, "properties");
        for (const auto& member : properties)
            forget(store, member.key(), *before, document, along);
        return true;
    };
    std::string id(call.captures[0]);
    co_await change_document(call, *call.route->resource, std::move(id), edit);
}

Awaitable<void> remove_one(Call& call) {
    const auto before = read_time(call, Query(call.request.query), "to");
    if (!before) co_return;
    const auto key = key_of(call);
    if (!key) co_return;
    const store::Documents store(call.services.redis, call.actor.account);
    const Edit edit = [&](json::object& document, std::vector<store::Command>& along) {
        forget(store, *key, *before, document, along);
        return true;
    };
    std::string id(call.captures[0]);
    co_await change_document(call, *call.route->resource, std::move(id), edit);
}

constexpr Route row(Method method,
                    std::string_view pattern,
                    KeyTypes allowed,
                    const Resource& resource,
                    Awaitable<void> (*handler)(Call&),
                    std::string_view meaning) {
    const bool writes = method == Method::put || method == Method::post;
    return {.method = method,
            .pattern = pattern,
            .allowed = allowed,
            .on_short_domain = false,
            .body_limit = writes ? kJsonBody : 0,
            .handler = handler,
            .meaning = meaning,
            .answers = method == Method::delete_ ? Shape::none : Shape::list,
            .document = &kProperty,
            .body = writes ? Shape::list : Shape::none,
            .resource = &resource};
}

constexpr KeyTypes kWriters = kUsers | bit(KeyType::device);
constexpr KeyTypes kReaders = kUsers | bit(KeyType::application);
constexpr std::string_view kAll = "/thngs/{thng}/properties";
constexpr std::string_view kOne = "/thngs/{thng}/properties/{key}";
constexpr std::string_view kAllOfProduct = "/products/{product}/properties";
constexpr std::string_view kOneOfProduct = "/products/{product}/properties/{key}";

constexpr std::array kRoutes{
    row(Method::get, kAll, kWriters, kThngs, read_all, "latest values"),
    row(Method::put, kAll, kWriters, kThngs, write_all, "gives properties values"),
    row(Method::post, kAll, kWriters, kThngs, write_all, "the same"),
    row(Method::delete_,
        kAll,
        kTrusted,
        kThngs,
        remove_all,
        "removes all values, or those before ?to="),
    row(Method::get,
        kOne,
        kWriters,
        kThngs,
        read_one,
        "history, newest first; ?from=, ?to= and ?filter=timestamp"),
    row(Method::put, kOne, kWriters, kThngs, write_one, "gives one property values"),
    row(Method::delete_,
        kOne,
        kTrusted,
        kThngs,
        remove_one,
        "removes its values, or those before ?to="),
    row(Method::get, kAllOfProduct, kReaders, kProducts, read_all, "latest values"),
    row(Method::put, kAllOfProduct, kUsers, kProducts, write_all, "gives properties values"),
    row(Method::post, kAllOfProduct, kUsers, kProducts, write_all, "the same"),
    row(Method::delete_,
        kAllOfProduct,
        kUsers,
        kProducts,
        remove_all,
        "removes all values, or those before ?to="),
    row(Method::get,
        kOneOfProduct,
        kReaders,
        kProducts,
        read_one,
        "history, newest first; ?from=, ?to= and ?filter=timestamp"),
    row(Method::put, kOneOfProduct, kUsers, kProducts, write_one, "gives one property values"),
    row(Method::delete_,
        kOneOfProduct,
        kUsers,
        kProducts,
        remove_one,
        "removes its values, or those before ?to="),
};

}  // namespace

std::span<const Route> property_routes() {
    return kRoutes;
}

}  // namespace redirector::api
