#include "redirector/api/users.hpp"

#include "redirector/api/filter.hpp"
#include "redirector/api/keys.hpp"
#include "redirector/api/listing.hpp"
#include "redirector/api/passwords.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/standard_routes.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"
#include "rules/utf8.hpp"
#include "rules/vocabulary.hpp"

#include <boost/json.hpp>

#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kShortestPassword = 8;
constexpr std::size_t kLongestPassword = 30;
constexpr std::string_view kReservation = "60";  // seconds that an address is kept for a creation

std::string email_key(std::string_view application, std::string_view email) {
    return store::keyspace::user_of_email(application, rules::fold(email));
}

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) {
        const std::size_t length = rules::utf8_length(text, at);
        at += length > 0 ? length : 1;
    }
    return count;
}

bool in_range(const json::object& birthday, std::string_view field, int low, int high) {
    const std::int64_t number = birthday.at(field).as_int64();
    return number >= low && number <= high;
}

Problems derive(const json::object& given, json::object& user) {
    Problems problems;
    const auto refuse = [&problems](std::string_view field, const std::string& what) {
        problems.push_back(
            {Code::invalid_field, std::string(field), "user." + std::string(field) + " " + what});
    };
    if (given.contains("password")) {
        const std::size_t length = characters(text_of(given, "password"));
        if (length < kShortestPassword || length > kLongestPassword)
            refuse("password", "must have 8 to 30 characters");
    }
    if (const json::value* const email = given.if_contains("email"); email && email->is_null())
        refuse("email", "cannot be taken away");
    const json::value* const birthday = user.if_contains("birthday");
    if (birthday != nullptr && birthday->is_object()) {
        const json::object& date = birthday->get_object();
        if (!in_range(date, "day", 1, 31) || !in_range(date, "month", 1, 12) ||
            !in_range(date, "year", 1900, 9999)) {
            refuse("birthday", "must be a day since 1900");
        }
    }
    return problems;
}

// Keeps the address for the user until hold_email() or for a minute. False: answered.
Awaitable<bool> reserve_email(Call& call, std::string key, std::string id) {
    store::Command command{"SET", key, id, "NX", "EX", std::string(kReservation)};
    const auto reply = co_await call.services.redis.execute(std::move(command));
    if (!reply || reply->is_error()) {
        refuse_store(call);
        co_return false;
    }
    if (!reply->is_nil()) co_return true;
    call.refuse(Code::conflict, "email", "user.email belongs to another user of the application");
    co_return false;
}

Awaitable<void> hold_email(Call& call, std::string key) {
    store::Command command{"PERSIST", key};
    co_await call.services.redis.execute(std::move(command));
}
Awaitable<void> release_email(Call& call, std::string key) {
    store::Command command{"DEL", key};
    co_await call.services.redis.execute(std::move(command));
}

// The stored hash of the body's password; empty: answered.
Awaitable<std::string> hash_password(Call& call, std::string password) {
    std::string hash = co_await call.services.passwords.hash(std::move(password));
    if (hash.empty()) {
        call.reply.add("Retry-After", "1");
        call.refuse(Code::rate_limited, "", "too many passwords are being looked at; try again");
    }
    co_return hash;
}

json::object new_user(const Call& call) {
    const std::string id = store::new_resource_id();
    return {{"id", id},
            {"project", call.actor.project},
            {"app", call.actor.id},
            {"scopes", json::object{{"users", json::array{json::string(id)}},
                                    {"projects", json::array{json::string(call.actor.project)}}}}};
}

void answer_credentials(Call& call, json::object credentials) {
    call.reply.status = 201;
    answer_json(call, std::move(credentials));
}

Awaitable<void> create_anonymous(Call& call, json::object profile) {
    json::object user = std::move(profile);
    for (auto& member : new_user(call))
        user[member.key()] = member.value();
    const std::string id(text_of(user, "id"));
    const std::string email =
        "anon-" + store::new_guid() + ".app-" + rules::fold(call.actor.id) + "@anon.evrythng.com";
    user["email"] = email;
    user["status"] = "anonymous";
    const Stored stored = co_await insert_document(call, kApplicationUsers, user);
    if (stored != Stored::yes) {
        refuse_store(call);
        co_return;
    }
    const auto document = co_await find_user(call, id);
    if (!document) co_return;
    const std::string key = co_await issue_user_key(call, *document);
    if (key.empty()) co_return;
    json::object credentials{{"evrythngUser", id},
                             {"status", "anonymous"},
                             {"email", email},
                             {"evrythngApiKey", key},
                             {"socialNetwork", "evrythng"}};
    answer_credentials(call, std::move(credentials));
}

Problems refuse_missing(const json::object& body) {
    Problems problems;
    for (const std::string_view field : {"email", "password"}) {
        if (!body.contains(field)) {
            problems.push_back({Code::missing_field, std::string(field),
                                "user." + std::string(field) + " is required"});
        }
    }
    return problems;
}

Awaitable<void> register_user(Call& call, json::object body) {
    json::object user = new_user(call);
    for (const auto& member : body) {
        if (member.key() != "password" && member.key() != "oldPassword")
            user[member.key()] = member.value();
    }
    Problems problems = refuse_missing(body);
    if (problems.empty()) problems = derive(body, user);
    if (!problems.empty()) {
        call.refuse(problems);
        co_return;
    }
    std::string password(text_of(body, "password"));
    const std::string hash = co_await hash_password(call, std::move(password));
    if (hash.empty()) co_return;
    const std::string code = store::new_api_key().substr(0, 8);
    user["passwordHash"] = hash;
    user["activationCode"] = code;
    user["status"] = "inactive";
    const std::string id(text_of(user, "id"));
    const std::string key = email_key(call.actor.id, text_of(user, "email"));
    const bool reserved = co_await reserve_email(call, key, id);
    if (!reserved) co_return;
    const Stored stored = co_await insert_document(call, kApplicationUsers, user);
    if (stored != Stored::yes) {
        refuse_store(call);
        co_return;
    }
    co_await hold_email(call, key);
    json::object credentials{{"evrythngUser", id},
                             {"activationCode", code},
                             {"status", "inactive"},
                             {"email", text_of(user, "email")}};
    answer_credentials(call, std::move(credentials));
}

// The body of an anonymous user's creation, as what is known of it: {"anonymous": true}, {} and no
// body at all say nothing. Nothing: answered.
std::optional<json::object> take_profile(Call& call) {
    if (call.request.body.empty()) return json::object();
    ParsedValue parsed = parse_body(call.request);
    if (parsed.problems.empty() && !parsed.value.is_object())
        parsed.problems.push_back({Code::malformed_request, "", "the body must be a JSON object"});
    if (!parsed.problems.empty()) {
        call.refuse(parsed.problems);
        return std::nullopt;
    }
    json::object profile = std::move(parsed.value.get_object());
    profile.erase("anonymous");
    if (parsed.form) coerce(kUser, profile);
    Problems problems = check(kUser, Verb::create, profile);
    for (const std::string_view field : {"email", "password"}) {
        if (profile.contains(field)) {
            problems.push_back({Code::invalid_field, std::string(field),
                                "user." + std::string(field) + " is none of an anonymous user"});
        }
    }
    if (problems.empty()) problems = derive(profile, profile);
    if (problems.empty()) return profile;
    call.refuse(problems);
    return std::nullopt;
}

Awaitable<void> create_user(Call& call) {
    const Query query(call.request.query);
    const bool anonymous = query.find("anonymous") == "true";
    if (anonymous) {
        auto profile = take_profile(call);
        if (profile) co_await create_anonymous(call, std::move(*profile));
        co_return;
    }
    auto body = take_body(call, kUser, Verb::create);
    if (body) co_await register_user(call, std::move(*body));
}

// Users of a trusted application are its own; an operator sees all.
Awaitable<void> list_users(Call& call) {
    std::string within;
    if (call.actor.type == KeyType::trusted_application)
        within = index_of_value(kUser, "app", call.actor.id);
    co_await answer_list(call, kUser, std::move(within));
}

Awaitable<void> read_user(Call& call) {
    std::string id(call.captures[0]);
    auto user = co_await find_user(call, std::move(id));
    if (user) answer_document(call, kUser, std::move(user->fields));
}

Awaitable<void> read_status(Call& call) {
    std::string id(call.captures[0]);
    const auto user = co_await find_user(call, std::move(id));
    if (!user) co_return;
    const bool activated = user->text("status") != "inactive";
    json::object status{{"status", user->text("status")}, {"activated", activated}};
    if (!activated) status["activationCode"] = user->text("activationCode");
    if (user->fields.contains("activatedAt"))
        status["activationDate"] = user->number("activatedAt");
    answer_json(call, std::move(status));
}

// A user who changes the password must know the old one. False: answered.
Awaitable<bool> may_change_password(Call& call, const Document& user, const json::object& body) {
    if (!body.contains("password") || call.actor.type != KeyType::user) co_return true;
    std::string stored(user.text("passwordHash"));
    std::string old(text_of(body, "oldPassword"));
    const Verdict verdict =
        co_await call.services.passwords.verify(std::move(stored), std::move(old));
    if (verdict == Verdict::right) co_return true;
    call.refuse(Code::invalid_field, "oldPassword",
                "user.oldPassword is not the password in force");
    co_return false;
}

// The body as what to store: the password as its hash, what users may not write taken out.
Awaitable<std::optional<json::object>> read_update(Call& call, const Document& user) {
    std::optional<json::object> body = take_body(call, kUser, Verb::update);
    if (!body) co_return body;
    json::object preview = user.fields;
    const Problems problems = derive(*body, preview);
    const bool good = problems.empty();
    if (!good) call.refuse(problems);
    const bool may = good && co_await may_change_password(call, user, *body);
    if (!may) {
        body.reset();
        co_return body;
    }
    std::string password(text_of(*body, "password"));
    const bool changes_password = body->contains("password");
    body->erase("password");
    body->erase("oldPassword");
    if (!changes_password) co_return body;
    std::string hash = co_await hash_password(call, std::move(password));
    if (hash.empty()) {
        body.reset();
    } else {
        (*body)["passwordHash"] = hash;
    }
    co_return body;
}

Awaitable<void> update_user(Call& call) {
    std::string id(call.captures[0]);
    const auto user = co_await find_user(call, id);
    if (!user) co_return;
    auto body = co_await read_update(call, *user);
    if (!body) co_return;
    const std::string old_key = email_key(user->text("app"), user->text("email"));
    const std::string new_key = email_key(user->text("app"), text_of(*body, "email"));
    const bool moves = body->contains("email") && new_key != old_key;
    if (moves) {
        const bool reserved = co_await reserve_email(call, new_key, id);
        if (!reserved) co_return;
    }
    auto changed = co_await update_from(call, kApplicationUsers, id, std::move(*body));
    if (!changed) co_return;
    if (moves) {
        co_await hold_email(call, new_key);
        co_await release_email(call, old_key);
    }
    answer_document(call, kUser, std::move(changed->fields));
}

Awaitable<bool> cascade(Call& call, const json::object& user) {
    std::vector<std::string> digests;
    const json::value* const keys = user.if_contains("keys");
    for (std::size_t i = 0; keys != nullptr && i < keys->as_array().size(); ++i)
        digests.emplace_back(keys->as_array()[i].as_string());
    std::string key = email_key(text_of(user, "app"), text_of(user, "email"));
    co_await release_email(call, std::move(key));
    co_return co_await revoke_digests(call, std::move(digests));
}

Awaitable<bool> remove_users(Call& call, std::vector<Document> users) {
    for (const Document& user : users) {
        const bool ended = co_await cascade(call, user.fields);
        if (!ended) co_return false;
        std::string id(user.id());
        co_await remove_document(call, kApplicationUsers, std::move(id));
    }
    co_return true;
}

constexpr KeyTypes kApplicationKeys = bit(KeyType::application) | bit(KeyType::trusted_application);
constexpr KeyTypes kSelf = kOperators | bit(KeyType::user);

constexpr std::array kRoutes{
    Route{Method::post, "/auth/evrythng/users", kApplicationKeys, false, kJsonBody, create_user,
          "registers a user; an anonymous one with ?anonymous=true", 201, Shape::one, &kCredentials,
          Shape::one, &kUser},
    Route{Method::post, "/auth/evrythng/users/{user}/validate", kApplicationKeys, false, kJsonBody,
          activate_user, "activates a registered user", 201, Shape::one, &kCredentials, Shape::one,
          &kActivation},
    Route{Method::post, "/auth/evrythng", kApplicationKeys, false, kJsonBody, log_in,
          "logs a user in", 201, Shape::one, &kCredentials, Shape::one, &kLogin},
    Route{Method::post, "/users/login", kApplicationKeys, false, kJsonBody, log_in_with_access,
          "logs a user in; answers the whole document with `access`", 201, Shape::one, &kUser,
          Shape::one, &kLogin},
    Route{Method::post, "/auth/all/logout", bit(KeyType::user), false, kJsonBody, log_out,
          "ends the key that it is called with", 201},
    Route{Method::get, "/users", kTrusted, false, 0, list_users,
          "lists application users, or those of ?app=", 200, Shape::list, &kUser},
    Route{Method::get, "/users/{user}", kUsers, false, 0, read_user, "reads a user", 200,
          Shape::one, &kUser},
    Route{Method::get, "/users/{user}/status", kSelf, false, 0, read_status,
          "whether the user is activated"},
    Route{Method::put, "/users/{user}", kSelf, false, kJsonBody, update_user,
          "changes the fields given; a user's own password with oldPassword", 200, Shape::one,
          &kUser, Shape::one},
    bulk_remove_route("/users",
                      kOperators,
                      kApplicationUsers,
                      kUser,
                      "removes those of ?ids= or ?filter=, and ?app="),
    remove_route(
        "/users/{user}", kOperators, kApplicationUsers, kUser, "removes a user and ends its keys"),
};

}  // namespace

Awaitable<bool> remove_users_of(Call& call, std::string application) {
    const Each each = [&call](std::vector<Document> users) {
        return remove_users(call, std::move(users));
    };
    std::string index = index_of_value(kUser, "app", application);
    co_return co_await for_each_document(call, kUser, std::move(index), each);
}

Awaitable<std::optional<Document>> find_user(Call& call, std::string id) {
    // Applications see their users, though no scope says so.
    const Actor actor = call.actor;
    const bool application =
        actor.type == KeyType::application || actor.type == KeyType::trusted_application;
    auto user = co_await find_document(call, kUser, id);
    if (user && application && user->text("app") != actor.id) {
        refuse_absent(call, kUser, id);
        user.reset();
    }
    co_return user;
}

Awaitable<std::string> issue_user_key(Call& call, const Document& user) {
    NewKey key{store::new_api_key(),
               Actor{KeyType::user, call.actor.account, std::string(user.id()),
                     std::string(user.text("project")), std::string(user.text("app"))}};
    const std::string digest = store::api_key_digest(key.key);
    std::vector<std::string> ended;
    const Edit edit = [&](json::object& fields, std::vector<store::Command>&) {
        ended.clear();
        json::value& keys = fields["keys"];
        if (!keys.is_array()) keys.emplace_array();
        keys.get_array().emplace_back(digest);
        while (keys.get_array().size() > kMaxUserKeys) {
            ended.emplace_back(keys.get_array().front().as_string());
            keys.get_array().erase(keys.get_array().begin());
        }
        return true;
    };
    std::string id(user.id());
    const auto changed = co_await change_document(call, kApplicationUsers, std::move(id), edit);
    if (!changed) co_return std::string();
    std::string issued = key.key;
    std::vector<NewKey> keys;
    keys.push_back(std::move(key));
    const bool put = co_await put_keys(call, std::move(keys));
    const bool revoked = put && (co_await revoke_digests(call, std::move(ended)));
    if (!revoked) {
        refuse_store(call);
        issued.clear();
    }
    co_return issued;
}

const Resource kApplicationUsers{kUser, "/users", derive, nullptr, nullptr, cascade};

std::span<const Route> user_routes() {
    return kRoutes;
}

}  // namespace redirector::api
