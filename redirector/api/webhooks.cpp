#include "redirector/api/webhooks.hpp"

#include "redirector/api/listing.hpp"
#include "redirector/api/standard_routes.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/api/webhook_signature.hpp"
#include "redirector/config.hpp"
#include "redirector/store/keyspace.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;
namespace keyspace = store::keyspace;

constexpr std::size_t kLettersShown = 100;

// Puts what is dead behind what is to be sent again, the oldest first.
constexpr std::string_view kRedriveScript =
    "local n = 0 "
    "while redis.call('RPOPLPUSH', KEYS[1], KEYS[2]) do n = n + 1 end "
    "return n";

Problems derive(const json::object&, json::object& document) {
    Problems problems;
    const std::string_view url = text_of(document, "url");
    if (const auto refusal = refuse_target(url))
        problems.push_back({Code::invalid_field, "url", "webhook.url " + *refusal});
    else if (url.find_first_of("{}") != url.npos)
        problems.push_back({Code::invalid_field, "url", "webhook.url takes no placeholders"});
    const json::value* const secret = document.if_contains("secret");
    if (secret != nullptr && !webhook_key(text_of(document, "secret"))) {
        problems.push_back({Code::invalid_field, "secret",
                            "webhook.secret must be whsec_ and the base64 of 24 to 64 bytes"});
    }
    return problems;
}

// The list of webhooks is written before the document, and whoever reads it skips what is not there.
Awaitable<bool> prepare(Call& call, const json::object* before, json::object& document) {
    if (before != nullptr) co_return true;
    store::Documents documents(call.services.redis, call.actor.account);
    const auto count = co_await documents.count(std::string(kWebhook.name));
    if (!count) {
        refuse_store(call);
        co_return false;
    }
    if (*count >= kMaxWebhooks) {
        call.refuse(Code::conflict, "",
                    "an account has at most " + std::to_string(kMaxWebhooks) + " webhooks");
        co_return false;
    }
    if (!document.contains("secret")) document["secret"] = new_webhook_secret();
    if (!document.contains("enabled")) document["enabled"] = true;
    store::Command command{"SADD", std::string(keyspace::kWebhooks),
                           keyspace::webhook_member(call.actor.account, text_of(document, "id"))};
    const auto added = co_await call.services.redis.execute(std::move(command));
    const bool good = added && !added->is_error();
    if (!good) refuse_store(call);
    co_return good;
}

// Whoever delivers at the moment loses its lease, and so writes nothing more.
Awaitable<bool> remove_state(Call& call, const json::object& document) {
    const std::string_view id = text_of(document, "id");
    std::vector<store::Command> commands;
    commands.push_back({"SREM", std::string(keyspace::kWebhooks),
                        keyspace::webhook_member(call.actor.account, id)});
    for (const std::string_view part : keyspace::kWebhookParts)
        commands.push_back({"DEL", keyspace::webhook(id, part)});
    const auto replies = co_await call.services.redis.execute(std::move(commands));
    co_return replies&& std::ranges::none_of(*replies, &store::RedisReply::is_error);
}

// The one answer that shows the secret.
Awaitable<void> create(Call& call) {
    auto document = take_body(call, kWebhook, Verb::create);
    if (!document) co_return;
    const auto created = co_await create_from(call, kWebhooks, std::move(*document));
    if (!created) co_return;
    json::object answer = shown(kWebhook, Query(call.request.query), *created);
    answer["secret"] = created->at("secret");
    call.reply.status = 201;
    call.reply.add("Location", call.services.config.api_url + std::string(kWebhooks.path) + "/" +
                                   std::string(text_of(*created, "id")));
    answer_json(call, answer);
}

json::object letter_of(const std::string& text) {
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    json::object letter;
    if (error || !value.is_object()) return letter;
    for (const FieldSpec& field : kDeadLetter.fields) {
        if (const json::value* const found = value.get_object().if_contains(field.name))
            letter[field.name] = *found;
    }
    return letter;
}

Awaitable<void> list_dead_letters(Call& call) {
    std::string id(call.captures[0]);
    const auto webhook = co_await find_document(call, kWebhook, id);
    if (!webhook) co_return;
    const std::string key = keyspace::webhook(id, keyspace::kDeadLetters);
    std::vector<store::Command> commands;
    commands.push_back({"LRANGE", key, "0", std::to_string(kLettersShown - 1)});
    commands.push_back({"LLEN", key});
    const auto replies = co_await call.services.redis.execute(std::move(commands));
    if (!replies || std::ranges::any_of(*replies, &store::RedisReply::is_error)) {
        refuse_store(call);
        co_return;
    }
    json::array letters;
    for (const store::RedisReply& letter : (*replies)[0].elements)
        letters.push_back(letter_of(letter.text));
    call.reply.add("x-result-count", std::to_string((*replies)[1].integer));
    answer_json(call, letters);
}

Awaitable<void> redrive(Call& call) {
    std::string id(call.captures[0]);
    const auto webhook = co_await find_document(call, kWebhook, id);
    if (!webhook) co_return;
    store::Command command{"EVAL", std::string(kRedriveScript), "2",
                           keyspace::webhook(id, keyspace::kDeadLetters),
                           keyspace::webhook(id, keyspace::kRedriven)};
    const auto reply = co_await call.services.redis.execute(std::move(command));
    if (!reply || reply->is_error()) {
        refuse_store(call);
        co_return;
    }
    call.reply.status = 202;
    answer_json(call, json::object{{"redriven", reply->integer}});
}

constexpr Route creation() {
    Route route = create_route("/webhooks", kOperators, kWebhooks, kWebhook,
                               "creates a webhook; answers its secret, this once");
    route.handler = create;
    return route;
}

constexpr std::array kRoutes{
    creation(),
    list_route("/webhooks", kOperators, kWebhooks, kWebhook, "lists webhooks"),
    read_route("/webhooks/{webhook}", kOperators, kWebhooks, kWebhook, "reads a webhook"),
    update_route(
        "/webhooks/{webhook}", kOperators, kWebhooks, kWebhook, "changes the fields given"),
    remove_route("/webhooks/{webhook}",
                 kOperators,
                 kWebhooks,
                 kWebhook,
                 "removes a webhook with its dead letters"),
    Route{Method::get, "/webhooks/{webhook}/deadLetters", kOperators, false, 0, list_dead_letters,
          "lists the 100 newest batches that were given up", 200, Shape::list, &kDeadLetter},
    Route{Method::post, "/webhooks/{webhook}/deadLetters/redrive", kOperators, false, 0, redrive,
          "sends all of them again", 202, Shape::one, &kRedrive},
};

}  // namespace

const Resource kWebhooks{kWebhook, "/webhooks", derive, prepare, nullptr, remove_state};

std::span<const Route> webhook_routes() {
    return kRoutes;
}

}  // namespace redirector::api
