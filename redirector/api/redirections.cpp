#include "redirector/api/redirections.hpp"

#include "redirector/api/body.hpp"
#include "redirector/api/documents.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/scopes.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/config.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <vector>

namespace redirector::api {
namespace {

namespace json = boost::json;

// Lower-case words of routes (app.cpp); drawn IDs are upper-case, so only chosen ones can collide.
constexpr std::array<std::string_view, 3> kReserved{"redirections", "healthz", "readyz"};

constexpr int kDraws = 5;

// A target on our own short domain would be resolved here again, for ever at worst.
Problems refuse_loop(const Config& config, const json::object& body) {
    const std::string target(text_of(body, "defaultRedirectUrl"));
    if (target.empty()) return {};
    const std::string_view host = host_of(target);
    const bool loops = equal_ignoring_case(host, config.short_domain) ||
                       equal_ignoring_case(host, to_string(config.listen));
    if (!loops) return {};
    return {
        {Code::invalid_field, "defaultRedirectUrl",
         "redirection.defaultRedirectUrl leads back to the short domain " + config.short_domain}};
}

// A short ID under which nothing could be found.
Problems refuse_reserved(std::string_view short_id) {
    if (!is_reserved(short_id)) return {};
    return {
        {Code::conflict, "shortId", "\"" + std::string(short_id) + "\" is the name of a route"}};
}

// A checked body as what is stored.
store::StoredRedirection to_stored(const json::object& body) {
    store::StoredRedirection stored;
    stored.short_id = text_of(body, "shortId");
    store::Redirection& redirection = stored.redirection;
    redirection.type =
        store::resource_type(text_of(body, "type")).value_or(store::ResourceType::thng);
    redirection.evrythng_id = text_of(body, "evrythngId");
    redirection.target = text_of(body, "defaultRedirectUrl");
    return stored;
}

// Answers what went wrong; true if nothing did.
bool succeeded(Call& call, store::Outcome outcome, std::string_view short_id) {
    const std::string name = "redirection \"" + std::string(short_id) + "\"";
    switch (outcome) {
        case store::Outcome::done:
            return true;
        case store::Outcome::absent:
            call.refuse(Code::not_found, "shortId", name + " was not found");
            return false;
        case store::Outcome::taken:
            call.refuse(Code::conflict, "shortId", name + " exists already");
            return false;
        case store::Outcome::store_down:
            refuse_store(call);
            return false;
    }
    return false;
}

const DocumentSpec& spec_of(store::ResourceType type) {
    switch (type) {
        case store::ResourceType::product:
            return kProduct;
        case store::ResourceType::collection:
            return kCollection;
        case store::ResourceType::place:
            return kPlace;
        default:
            return kThng;
    }
}

}  // namespace

json::object to_json(const Config& config, const store::StoredRedirection& stored) {
    const store::Redirection& redirection = stored.redirection;
    const std::string target = store::resolve_target(redirection, stored.short_id);
    const std::string resource =
        std::string(store::plural_of(redirection.type)) + "/" + redirection.evrythng_id;
    return json::object{{"createdAt", redirection.created_at},
                        {"updatedAt", redirection.updated_at},
                        {"shortDomain", config.short_domain},
                        {"defaultRedirectUrl", target},
                        {"redirectUrl", target},
                        {"type", store::name_of(redirection.type)},
                        {"evrythngUrl", config.api_url + "/" + resource},
                        {"shortId", stored.short_id},
                        {"evrythngId", redirection.evrythng_id},
                        {"hits", stored.hits}};
}

std::optional<json::object> take_redirection(Call& call, const DocumentSpec& spec, Verb verb) {
    ParsedBody parsed = read_document(call.request, spec, verb);
    if (parsed.problems.empty()) parsed.problems = refuse_loop(call.services.config, parsed.object);
    if (parsed.problems.empty()) return std::move(parsed.object);
    call.refuse(parsed.problems);
    return std::nullopt;
}

Awaitable<std::optional<store::StoredRedirection>> change_redirection(Call& call,
                                                                      std::string short_id,
                                                                      const json::object& update) {
    const std::string target(text_of(update, "defaultRedirectUrl"));
    std::string before;
    const std::function<void(store::Redirection&)> edit =
        [&target, &before](store::Redirection& redirection) {
            before = store::encode(redirection);
            if (!target.empty()) redirection.target = target;
        };
    store::Redirections redirections(call.services.redis, call.services.scan_redis);
    store::ReadResult result =
        co_await redirections.update(short_id, call.actor.account, edit, now_ms());
    std::optional<store::StoredRedirection> changed;
    if (!succeeded(call, result.outcome, short_id)) co_return changed;
    call.services.cache.invalidate(store::keyspace::redirection(short_id));
    call.changes.push_back(
        note_change("redirection", short_id, before, store::encode(result.stored.redirection)));
    changed = std::move(result.stored);
    co_return changed;
}

Awaitable<void> remove_found(Call& call, store::StoredRedirection found) {
    const std::string& short_id = found.short_id;
    store::Redirections redirections(call.services.redis, call.services.scan_redis);
    const store::Outcome outcome = co_await redirections.remove(short_id, call.actor.account);
    if (!succeeded(call, outcome, short_id)) co_return;
    call.services.cache.invalidate(store::keyspace::redirection(short_id));
    call.changes.push_back(
        note_change("redirection", short_id, store::encode(found.redirection), ""));
}

Awaitable<std::optional<store::StoredRedirection>> find_redirection(Call& call,
                                                                    std::string short_id) {
    store::Redirections redirections(call.services.redis, call.services.scan_redis);
    store::ReadResult result = co_await redirections.read(short_id, call.actor.account);
    std::optional<store::StoredRedirection> found;
    if (!succeeded(call, result.outcome, short_id)) co_return found;
    std::vector<store::StoredRedirection> one{std::move(result.stored)};
    const bool looked = co_await keep_visible(call, one);
    if (looked && one.empty()) succeeded(call, store::Outcome::absent, short_id);
    if (!one.empty() && looked) found = std::move(one.front());
    co_return found;
}

namespace {

// How a document of /thngs/{id}/redirector is shown: the path says the rest.
json::object shown_at_resource(const Config& config, const store::StoredRedirection& stored) {
    json::object document = to_json(config, stored);
    for (const std::string_view field : {"evrythngId", "type", "redirectUrl"})
        document.erase(field);
    return document;
}

// The resource of the path, and its newest redirection.
struct AtResource {
    store::ResourceType type = store::ResourceType::thng;
    std::string id;
    std::optional<store::StoredRedirection> redirection;
};

// False: answered.
Awaitable<bool> find_at_resource(Call& call, AtResource& at) {
    at.id = call.captures[0];
    if (call.request.path.starts_with("/products/")) at.type = store::ResourceType::product;
    const auto document = co_await find_document(call, spec_of(at.type), at.id);
    if (!document) co_return false;
    const store::ListQuery query{call.actor.account, at.id, 1, false, ""};
    store::Redirections redirections(call.services.redis, call.services.scan_redis);
    store::ListResult result = co_await redirections.list(query);
    if (!succeeded(call, result.outcome, "")) co_return false;
    if (!result.page.empty()) at.redirection = std::move(result.page.front());
    co_return true;
}

// The same, where it has a redirection.
Awaitable<bool> find_existing(Call& call, AtResource& at) {
    const bool found = co_await find_at_resource(call, at);
    if (found && !at.redirection)
        call.refuse(Code::not_found, "", "\"" + at.id + "\" has no redirection");
    co_return found&& at.redirection.has_value();
}

// Stores the redirection under the chosen short ID, or under one that is drawn. False: answered.
Awaitable<bool> store_new(Call& call, std::string chosen, store::StoredRedirection& stored) {
    if (const Problems reserved = refuse_reserved(chosen); !reserved.empty()) {
        call.refuse(reserved);
        co_return false;
    }
    stored.redirection.created_at = stored.redirection.updated_at = now_ms();
    stored.redirection.account = call.actor.account;
    store::Redirections redirections(call.services.redis, call.services.scan_redis);
    store::Outcome outcome = store::Outcome::taken;
    for (int draws = 0; outcome == store::Outcome::taken && draws < kDraws; ++draws) {
        stored.short_id = chosen.empty() ? store::new_short_id() : chosen;
        outcome = co_await redirections.create(stored.short_id, stored.redirection);
        if (!chosen.empty()) break;
    }
    if (!succeeded(call, outcome, stored.short_id)) co_return false;
    call.services.cache.invalidate(store::keyspace::redirection(stored.short_id));
    call.changes.push_back(
        note_change("redirection", stored.short_id, "", store::encode(stored.redirection)));
    call.reply.status = 201;
    call.reply.add("Location", call.services.config.short_url(stored.short_id));
    co_return true;
}

Awaitable<void> create_at_resource(Call& call) {
    AtResource at;
    const bool found = co_await find_at_resource(call, at);
    if (!found) co_return;
    const auto body = take_redirection(call, kResourceRedirection, Verb::create);
    if (!body) co_return;
    store::StoredRedirection stored;
    stored.redirection.type = at.type;
    stored.redirection.evrythng_id = at.id;
    stored.redirection.target = text_of(*body, "defaultRedirectUrl");
    std::string chosen(text_of(*body, "shortId"));
    const bool done = co_await store_new(call, std::move(chosen), stored);
    if (done) answer_json(call, shown_at_resource(call.services.config, stored));
}

Awaitable<void> read_at_resource(Call& call) {
    AtResource at;
    const bool found = co_await find_existing(call, at);
    if (found) answer_json(call, shown_at_resource(call.services.config, *at.redirection));
}

Awaitable<void> update_at_resource(Call& call) {
    AtResource at;
    const bool found = co_await find_existing(call, at);
    if (!found) co_return;
    const auto body = take_redirection(call, kResourceRedirection, Verb::update);
    if (!body) co_return;
    const auto changed = co_await change_redirection(call, at.redirection->short_id, *body);
    if (changed) answer_json(call, shown_at_resource(call.services.config, *changed));
}

Awaitable<void> remove_at_resource(Call& call) {
    AtResource at;
    const bool found = co_await find_existing(call, at);
    if (found) co_await remove_found(call, *at.redirection);
}

constexpr KeyTypes kThngKeys = kUsers | bit(KeyType::device);
constexpr KeyTypes kProductKeys = kUsers | bit(KeyType::application);
constexpr std::string_view kOfThng = "/thngs/{thng}/redirector";
constexpr std::string_view kOfProduct = "/products/{product}/redirector";

constexpr Route row(Method method,
                    std::string_view pattern,
                    KeyTypes allowed,
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
            .status = method == Method::post ? 201 : 200,
            .answers = method == Method::delete_ ? Shape::none : Shape::one,
            .document = &kResourceRedirection,
            .body = writes ? Shape::one : Shape::none};
}

constexpr std::array kRoutes{
    row(Method::post, kOfThng, kUsers, create_at_resource, "gives the thng a redirection"),
    row(Method::get, kOfThng, kThngKeys, read_at_resource, "its newest redirection"),
    row(Method::put, kOfThng, kUsers, update_at_resource, "changes the fields given"),
    row(Method::delete_, kOfThng, kTrusted, remove_at_resource, "removes it"),
    row(Method::post, kOfProduct, kUsers, create_at_resource, "gives the product a redirection"),
    row(Method::get, kOfProduct, kProductKeys, read_at_resource, "its newest redirection"),
    row(Method::put, kOfProduct, kUsers, update_at_resource, "changes the fields given"),
    row(Method::delete_, kOfProduct, kTrusted, remove_at_resource, "removes it"),
};

}  // namespace

bool is_reserved(std::string_view short_id) {
    return std::ranges::find(kReserved, short_id) != kReserved.end();
}

NewRedirection read_new_redirection(const Config& config, std::string_view body) {
    NewRedirection made;
    ParsedBody parsed = parse_object(body);
    made.problems = std::move(parsed.problems);
    if (made.problems.empty()) made.problems = check(kRedirection, Verb::create, parsed.object);
    if (made.problems.empty()) made.problems = refuse_loop(config, parsed.object);
    if (made.problems.empty()) made.stored = to_stored(parsed.object);
    if (made.problems.empty()) made.problems = refuse_reserved(made.stored.short_id);
    return made;
}

Awaitable<bool> keep_visible(Call& call,
                             std::vector<store::StoredRedirection>& redirections,
                             std::string_view project) {
    if (call.actor.type == KeyType::operator_ && project.empty()) co_return true;
    using store::ResourceType;
    constexpr std::array kTypes{ResourceType::thng, ResourceType::product, ResourceType::collection,
                                ResourceType::place};
    std::set<std::pair<ResourceType, std::string>> seen;
    for (const ResourceType type : kTypes) {
        std::vector<std::string> ids;
        for (const store::StoredRedirection& stored : redirections) {
            if (stored.redirection.type == type) ids.push_back(stored.redirection.evrythng_id);
        }
        if (ids.empty()) continue;
        const auto found = co_await find_documents(call, spec_of(type), std::move(ids));
        if (!found) co_return false;
        for (const Document& document : *found) {
            if (project.empty() || in_project(document.fields, project))
                seen.emplace(type, document.id());
        }
    }
    std::erase_if(redirections, [&seen](const store::StoredRedirection& stored) {
        return !seen.contains({stored.redirection.type, stored.redirection.evrythng_id});
    });
    co_return true;
}

namespace {

// The type of what is stored under the ID; thng where that is nothing. Nothing: answered.
Awaitable<std::optional<store::ResourceType>> find_type(Call& call, std::string id) {
    std::optional<store::ResourceType> type;
    store::Documents documents(call.services.redis, call.actor.account);
    const std::vector<std::string> ids{std::move(id)};
    const auto records = co_await documents.read(ids);
    if (!records) {
        refuse_store(call);
        co_return type;
    }
    const auto record = store::decode_document(records->front());
    if (record) type = store::resource_type(record->type);
    co_return type.value_or(store::ResourceType::thng);
}

}  // namespace

Awaitable<std::string> create_redirection(Call& call) {
    const auto body = take_redirection(call, kRedirection, Verb::create);
    if (!body) co_return std::string();
    store::StoredRedirection stored = to_stored(*body);
    store::Redirection& redirection = stored.redirection;
    if (!body->contains("type")) {
        const auto type = co_await find_type(call, redirection.evrythng_id);
        if (!type) co_return std::string();
        redirection.type = *type;
    }
    if (call.actor.type != KeyType::operator_) {
        const auto seen =
            co_await find_document(call, spec_of(redirection.type), redirection.evrythng_id);
        if (!seen) co_return std::string();
    }
    std::string chosen = stored.short_id;
    const bool done = co_await store_new(call, std::move(chosen), stored);
    if (!done) co_return std::string();
    answer_json(call, to_json(call.services.config, stored));
    co_return stored.short_id;
}

Awaitable<void> read_redirection(Call& call) {
    std::string short_id(call.captures[0]);
    const auto found = co_await find_redirection(call, std::move(short_id));
    if (found) answer_json(call, to_json(call.services.config, *found));
}

Awaitable<void> read_public_redirection(Call& call) {
    const std::string short_id(call.captures[0]);
    const std::string any_account;
    store::Redirections redirections(call.services.redis, call.services.scan_redis);
    const store::ReadResult result = co_await redirections.read(short_id, any_account);
    if (succeeded(call, result.outcome, short_id))
        answer_json(call, to_json(call.services.config, result.stored));
}

Awaitable<void> update_redirection(Call& call) {
    const auto body = take_redirection(call, kRedirection, Verb::update);
    if (!body) co_return;
    std::string short_id(call.captures[0]);
    const auto found = co_await find_redirection(call, short_id);
    if (!found) co_return;
    const auto changed = co_await change_redirection(call, std::move(short_id), *body);
    if (changed) answer_json(call, to_json(call.services.config, *changed));
}

Awaitable<void> remove_redirection(Call& call) {
    std::string short_id(call.captures[0]);
    const auto found = co_await find_redirection(call, short_id);
    if (found) co_await remove_found(call, *found);
}

std::span<const Route> redirection_routes() {
    return kRoutes;
}

}  // namespace redirector::api
