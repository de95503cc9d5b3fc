#include "redirector/api/redirections.hpp"

#include "redirector/api/query.hpp"
#include "redirector/config.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> kResourceTypes{"thng", "product", "collection", "place"};

constexpr std::array kFields{
    FieldSpec{"createdAt", Type::timestamp, Access::read_only, false, 0, "when it was created"},
    FieldSpec{"updatedAt", Type::timestamp, Access::read_only, false, 0,
              "when it was last changed"},
    FieldSpec{"shortDomain", Type::text, Access::read_only, false, 0, "host of the short URL"},
    FieldSpec{"defaultRedirectUrl", Type::url_template, Access::write, true,
              store::kMaxTargetTemplate,
              "where to redirect to; may hold {evrythngId}, {thngId}, {productId}, {shortId} after "
              "the host"},
    FieldSpec{"redirectUrl", Type::text, Access::read_only, false, 0, "the same, as it is served"},
    FieldSpec{"type", Type::enumeration, Access::once, false, 0,
              "type of the resource; thng when absent", kResourceTypes},
    FieldSpec{"evrythngUrl", Type::text, Access::read_only, false, 0, "URL of the resource"},
    FieldSpec{"shortId", Type::short_id, Access::once, false, 0, "drawn at random when absent"},
    FieldSpec{"evrythngId", Type::resource_id, Access::once, true, 0, "ID of the resource"},
    FieldSpec{"hits", Type::integer, Access::read_only, false, 0, "scans recorded so far"},
};

// Lower-case words of routes (app.cpp); drawn IDs are upper-case, so only chosen ones can collide.
constexpr std::array<std::string_view, 3> kReserved{"redirections", "healthz", "readyz"};

constexpr int kDraws = 5;

std::int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    return value == nullptr ? std::string() : std::string(value->get_string());
}

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

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b,
                              [](char x, char y) { return std::tolower(x) == std::tolower(y); });
}

// A target on our own short domain would be resolved here again, for ever at worst.
Problems refuse_loop(const Config& config, const json::object& body) {
    const std::string target = text_of(body, "defaultRedirectUrl");
    if (target.empty()) return {};
    const std::string_view host = host_of(target);
    const bool loops = equal_ignoring_case(host, config.short_domain) ||
                       equal_ignoring_case(host, to_string(config.listen));
    if (!loops) return {};
    return {
        {Code::invalid_field, "defaultRedirectUrl",
         "redirection.defaultRedirectUrl leads back to the short domain " + config.short_domain}};
}

// The request's body as the fields to store; empty after a refusal.
std::optional<json::object> read_body(Call& call, Verb verb) {
    ParsedBody parsed = parse_object(call.request.body);
    if (parsed.problems.empty()) parsed.problems = check(kRedirectionDocument, verb, parsed.object);
    if (parsed.problems.empty()) parsed.problems = refuse_loop(call.services.config, parsed.object);
    if (parsed.problems.empty()) return std::move(parsed.object);
    call.refuse(parsed.problems);
    return std::nullopt;
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
            call.refuse(Code::unavailable, "", "the store does not answer; try again");
            return false;
    }
    return false;
}

void answer(Call& call, std::string body) {
    call.reply.content_type = "application/json";
    call.reply.body = std::move(body);
}

}  // namespace

const DocumentSpec kRedirectionDocument{"redirection", kFields};

bool is_reserved(std::string_view short_id) {
    return std::ranges::find(kReserved, short_id) != kReserved.end();
}

std::string redirection_document(const Config& config, const store::StoredRedirection& stored) {
    return json::serialize(to_json(config, stored));
}

Awaitable<std::string> create_redirection(Call& call) {
    const auto body = read_body(call, Verb::create);
    if (!body) co_return std::string();
    store::StoredRedirection stored;
    store::Redirection& redirection = stored.redirection;
    const std::string type = text_of(*body, "type");
    redirection.type = store::resource_type(type).value_or(store::ResourceType::thng);
    redirection.created_at = redirection.updated_at = now_ms();
    redirection.account = call.actor.account;
    redirection.evrythng_id = text_of(*body, "evrythngId");
    redirection.target = text_of(*body, "defaultRedirectUrl");

    const std::string chosen = text_of(*body, "shortId");
    if (is_reserved(chosen)) {
        call.refuse(Code::conflict, "shortId", "\"" + chosen + "\" is the name of a route");
        co_return std::string();
    }
    store::Redirections redirections(call.services.redis);
    store::Outcome outcome = store::Outcome::taken;
    for (int draws = 0; outcome == store::Outcome::taken && draws < kDraws; ++draws) {
        stored.short_id = chosen.empty() ? store::new_short_id() : chosen;
        outcome = co_await redirections.create(stored.short_id, redirection);
        if (!chosen.empty()) break;
    }
    if (!succeeded(call, outcome, stored.short_id)) co_return std::string();
    call.services.cache.invalidate(store::keyspace::redirection(stored.short_id));
    call.reply.status = 201;
    call.reply.add("Location", call.services.config.short_url(stored.short_id));
    answer(call, redirection_document(call.services.config, stored));
    co_return stored.short_id;
}

Awaitable<void> read_redirection(Call& call) {
    const std::string short_id(call.captures[0]);
    store::Redirections redirections(call.services.redis);
    const store::ReadResult result = co_await redirections.read(short_id, call.actor.account);
    if (!succeeded(call, result.outcome, short_id)) co_return;
    answer(call, redirection_document(call.services.config, result.stored));
}

Awaitable<void> list_redirections(Call& call) {
    const Query query(call.request.query);
    Paging paging;
    Problems problems = read_paging(query, paging);
    if (!paging.after.empty() && !store::is_index_member(paging.after)) {
        problems.push_back({Code::invalid_parameter, "nextPageToken",
                            "nextPageToken is not one that a list gave"});
    }
    store::ListQuery wanted{call.actor.account, std::string(query.find("evrythngId").value_or("")),
                            paging.per_page, paging.ascending, paging.after};
    if (query.find("evrythngId") && !store::is_resource_id(wanted.evrythng_id)) {
        problems.push_back({Code::invalid_parameter, "evrythngId",
                            "evrythngId must be an ID of 24 letters and digits"});
    }
    if (!problems.empty()) {
        call.refuse(problems);
        co_return;
    }
    store::Redirections redirections(call.services.redis);
    const store::ListResult result = co_await redirections.list(wanted);
    if (!succeeded(call, result.outcome, "")) co_return;
    json::array documents;
    for (const auto& stored : result.page)
        documents.emplace_back(to_json(call.services.config, stored));
    call.reply.add("x-result-count", std::to_string(result.total));
    if (!result.next.empty()) {
        call.reply.add(
            "Link", next_link(call.services.config.api_url, call.request.path, query, result.next));
    }
    answer(call, json::serialize(documents));
}

Awaitable<void> update_redirection(Call& call) {
    const std::string short_id(call.captures[0]);
    const auto body = read_body(call, Verb::update);
    if (!body) co_return;
    const std::string target = text_of(*body, "defaultRedirectUrl");
    const std::function<void(store::Redirection&)> change =
        [&target](store::Redirection& redirection) {
            if (!target.empty()) redirection.target = target;
        };
    store::Redirections redirections(call.services.redis);
    const store::ReadResult result =
        co_await redirections.update(short_id, call.actor.account, change, now_ms());
    if (!succeeded(call, result.outcome, short_id)) co_return;
    call.services.cache.invalidate(store::keyspace::redirection(short_id));
    answer(call, redirection_document(call.services.config, result.stored));
}

Awaitable<void> remove_redirection(Call& call) {
    const std::string short_id(call.captures[0]);
    store::Redirections redirections(call.services.redis);
    const store::Outcome outcome = co_await redirections.remove(short_id, call.actor.account);
    if (!succeeded(call, outcome, short_id)) co_return;
    call.services.cache.invalidate(store::keyspace::redirection(short_id));
}

}  // namespace redirector::api
