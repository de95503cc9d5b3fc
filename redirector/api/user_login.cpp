// Activating users, logging them in and out.
#include "redirector/api/keys.hpp"
#include "redirector/api/passwords.hpp"
#include "redirector/api/resource.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/api/users.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/store/rate_limit.hpp"
#include "rules/vocabulary.hpp"

#include <boost/json.hpp>

#include <sodium.h>

namespace redirector::api {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// Tries per user: ten at once, then one a minute, so that nobody is locked out for good. Per
// application and address: the same thing seen from who guesses.
constexpr store::RateLimit kTriesOfUser{60s, 10};
constexpr store::RateLimit kTriesOfAddress{6s, 50};

// Counts one try; false: answered. Where the store does not answer, nobody gets in.
Awaitable<bool> may_try(Call& call, std::string what, store::RateLimit limit) {
    const store::RateDecision decision =
        co_await store::take(call.services.redis, std::move(what), limit);
    if (!decision.known) refuse_store(call);
    if (decision.known && !decision.allowed) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(decision.retry_after).count();
        call.reply.add("Retry-After", std::to_string(seconds));
        call.refuse(Code::rate_limited, "", "too many tries; come back later");
    }
    co_return decision.known&& decision.allowed;
}

Awaitable<bool> may_log_in(Call& call, std::string who) {
    const std::string peer(reinterpret_cast<const char*>(call.request.peer.data()),
                           call.request.peer.size());
    std::string of_user = "login:" + call.actor.id + ":" + store::api_key_digest(who);
    const bool user = co_await may_try(call, std::move(of_user), kTriesOfUser);
    if (!user) co_return false;
    std::string of_address = "login:" + store::api_key_digest(peer);
    co_return co_await may_try(call, std::move(of_address), kTriesOfAddress);
}

// ID of the user that the body names, by ID or address; empty: nobody. Nothing: answered.
Awaitable<std::optional<std::string>> find_named(Call& call, const json::object& body) {
    std::optional<std::string> id(std::string(text_of(body, "evrythngUser")));
    if (!id->empty()) co_return id;
    store::Command command{
        "GET", store::keyspace::user_of_email(call.actor.id, rules::fold(text_of(body, "email")))};
    const auto reply = co_await call.services.redis.execute(std::move(command));
    if (!reply || reply->is_error()) {
        refuse_store(call);
        id.reset();
    } else {
        id = reply->text;
    }
    co_return id;
}

// The active user whose address (or ID) and password the body holds. Nothing: answered, in the
// same way and after the same time whatever was wrong.
Awaitable<std::optional<Document>> check_login(Call& call) {
    std::optional<Document> user;
    const auto body = take_body(call, kLogin, Verb::create);
    if (!body) co_return user;
    std::string who(text_of(*body, body->contains("evrythngUser") ? "evrythngUser" : "email"));
    if (who.empty()) {
        call.refuse(Code::missing_field, "email", "login.email is required");
        co_return user;
    }
    const bool may = co_await may_log_in(call, rules::fold(who));
    if (!may) co_return user;
    const auto id = co_await find_named(call, *body);
    if (!id) co_return user;
    std::vector<std::string> ids{*id};
    auto found = co_await find_documents(call, kUser, std::move(ids));
    if (!found) co_return user;
    if (!found->empty() && found->front().text("app") == call.actor.id)
        user = std::move(found->front());
    std::string stored(user && user->text("status") == "active" ? user->text("passwordHash")
                                                                : std::string_view());
    std::string password(text_of(*body, "password"));
    const Verdict verdict =
        co_await call.services.passwords.verify(std::move(stored), std::move(password));
    if (verdict == Verdict::right) co_return user;
    user.reset();
    if (verdict == Verdict::busy) {
        call.reply.add("Retry-After", "1");
        call.refuse(Code::rate_limited, "", "too many passwords are being looked at; try again");
    } else {
        call.refuse(Code::invalid_credentials, "password",
                    "login.password or the user is wrong, or the user is not active");
    }
    co_return user;
}

bool same_text(std::string_view a, std::string_view b) {
    return a.size() == b.size() && !a.empty() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Awaitable<void> activate_user(Call& call) {
    const auto body = take_body(call, kActivation, Verb::create);
    if (!body) co_return;
    std::string id(call.captures[0]);
    const bool may = co_await may_log_in(call, id);
    if (!may) co_return;
    const auto user = co_await find_user(call, id);
    if (!user) co_return;
    if (!same_text(text_of(*body, "activationCode"), user->text("activationCode"))) {
        call.refuse(Code::invalid_field, "activationCode",
                    "activation.activationCode is not the one of this user");
        co_return;
    }
    const Edit edit = [](json::object& fields, std::vector<store::Command>&) {
        fields["status"] = "active";
        fields["activatedAt"] = now_ms();
        fields.erase("activationCode");
        return true;
    };
    const auto active = co_await change_document(call, kApplicationUsers, id, edit);
    if (!active) co_return;
    const std::string key = co_await issue_user_key(call, *active);
    if (key.empty()) co_return;
    call.reply.status = 201;
    answer_json(call,
                json::object{{"status", "active"}, {"evrythngUser", id}, {"evrythngApiKey", key}});
}

Awaitable<void> log_in(Call& call) {
    const auto user = co_await check_login(call);
    if (!user) co_return;
    const std::string key = co_await issue_user_key(call, *user);
    if (key.empty()) co_return;
    call.reply.status = 201;
    answer_json(call, json::object{{"socialNetwork", "evrythng"},
                                   {"evrythngUser", user->id()},
                                   {"evrythngApiKey", key},
                                   {"email", user->text("email")},
                                   {"status", "active"}});
}

Awaitable<void> log_in_with_access(Call& call) {
    auto user = co_await check_login(call);
    if (!user) co_return;
    const std::string key = co_await issue_user_key(call, *user);
    if (key.empty()) co_return;
    json::object access{{"id", store::api_key_digest(key).substr(0, 24)},
                        {"project", user->text("project")},
                        {"app", user->text("app")},
                        {"user", user->id()},
                        {"actor", user->id()},
                        {"role", "base_app_user"},
                        {"apiKey", key}};
    call.reply.status = 201;
    hide(kUser, user->fields);
    user->fields.erase("scopes");
    user->fields["access"] = std::move(access);
    answer_json(call, user->fields);
}

Awaitable<void> log_out(Call& call) {
    const std::string digest = store::api_key_digest(presented_key(call.request));
    std::vector<std::string> digests{digest};
    const bool ended = co_await revoke_digests(call, std::move(digests));
    if (!ended) {
        refuse_store(call);
        co_return;
    }
    const Edit edit = [&digest](json::object& fields, std::vector<store::Command>&) {
        json::value& keys = fields["keys"];
        if (!keys.is_array()) return false;
        json::array kept;
        for (const json::value& key : keys.get_array()) {
            if (key.get_string() != digest) kept.push_back(key);
        }
        keys = std::move(kept);
        return true;
    };
    std::string id = call.actor.id;
    const auto changed = co_await change_document(call, kApplicationUsers, std::move(id), edit);
    if (!changed) co_return;
    call.reply.status = 201;
    answer_json(call, json::object{{"logout", "ok"}});
}

}  // namespace redirector::api
