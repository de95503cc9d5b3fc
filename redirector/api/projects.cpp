// Projects and their applications. An application has two keys: the public one in its document, and
// the secret one of a trusted application, which its operator may read at any time and which
// therefore is stored with it, hidden.
#include "redirector/api/projects.hpp"

#include "redirector/api/filter.hpp"
#include "redirector/api/keys.hpp"
#include "redirector/api/listing.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/standard_routes.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/api/users.hpp"
#include "redirector/config.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"

#include <boost/json.hpp>

#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;

// A new project has the short domain of this service.
Awaitable<bool> prepare_project(Call& call, const json::object* before, json::object& document) {
    if (before == nullptr && !document.contains("shortDomains")) {
        document["shortDomains"] = json::array{json::string(call.services.config.short_domain)};
    }
    co_return true;
}

// The keys of an application, as they should be in force.
std::vector<NewKey> keys_of(const Call& call, const json::object& application) {
    const std::string id(text_of(application, "id"));
    const std::string project(text_of(application, "project"));
    const std::string account = call.actor.account;
    return {{std::string(text_of(application, "appApiKey")),
             Actor{KeyType::application, account, id, project}},
            {std::string(text_of(application, "secretApiKey")),
             Actor{KeyType::trusted_application, account, id, project}}};
}

Awaitable<bool> prepare_application(Call& call,
                                    const json::object* before,
                                    json::object& document) {
    if (before != nullptr) co_return true;
    document["project"] = call.captures[0];
    // Its own keys see it.
    document["scopes"] =
        json::object{{"users", json::array{"all"}}, {"projects", json::array{document["project"]}}};
    document["appApiKey"] = store::new_api_key();
    document["secretApiKey"] = store::new_api_key();
    if (!document.contains("socialNetworks")) document["socialNetworks"] = json::object();
    if (!document.contains("defaultRole")) document["defaultRole"] = "base_app_user";
    co_return true;
}

// Keys, users and rules of an application end with it.
Awaitable<bool> cascade_application(Call& call, const json::object& document) {
    const std::string id(text_of(document, "id"));
    std::string key(text_of(document, "appApiKey"));
    const bool first = co_await revoke_key(call, std::move(key));
    std::string secret(text_of(document, "secretApiKey"));
    const bool second = co_await revoke_key(call, std::move(secret));
    if (!first || !second) co_return false;
    const std::string owner = store::keyspace::redirector_owner(call.actor.account, id);
    const std::string rules = store::keyspace::redirector(owner);
    store::Command command{"DEL", rules};
    const auto reply = co_await call.services.redis.execute(std::move(command));
    call.services.cache.invalidate(rules);
    if (!reply || reply->is_error()) co_return false;
    co_return co_await remove_users_of(call, id);
}

Awaitable<bool> remove_applications(Call& call, std::vector<Document> applications) {
    for (const Document& application : applications) {
        const bool emptied = co_await cascade_application(call, application.fields);
        if (!emptied) co_return false;
        std::string id(application.id());
        co_await remove_document(call, kApplications, std::move(id));
    }
    co_return true;
}

Awaitable<bool> cascade_project(Call& call, const json::object& document) {
    const Each each = [&call](std::vector<Document> applications) {
        return remove_applications(call, std::move(applications));
    };
    std::string index = index_of_value(kApplication, "project", text_of(document, "id"));
    co_return co_await for_each_document(call, kApplication, std::move(index), each);
}

// The application of the path, if it is of the path's project.
Awaitable<bool> project_exists(Call& call) {
    std::string id(call.captures[0]);
    const auto project = co_await find_document(call, kProject, std::move(id));
    co_return project.has_value();
}

std::string path_of(const Call& call) {
    return "/projects/" + std::string(call.captures[0]) + "/applications";
}

Awaitable<void> create_application(Call& call) {
    const bool exists = co_await project_exists(call);
    if (!exists) co_return;
    auto document = take_body(call, kApplication, Verb::create);
    if (!document) co_return;
    auto created = co_await create_from(call, kApplications, std::move(*document));
    if (!created) co_return;
    std::vector<NewKey> keys = keys_of(call, *created);
    const bool done = co_await put_keys(call, std::move(keys));
    if (done) {
        answer_created(call, kApplication, path_of(call), std::move(*created));
    } else {
        refuse_store(call);
    }
}

Awaitable<void> list_applications(Call& call) {
    const bool exists = co_await project_exists(call);
    if (!exists) co_return;
    std::string within = index_of_value(kApplication, "project", call.captures[0]);
    co_await answer_list(call, kApplication, std::move(within));
}

Awaitable<void> read_application(Call& call) {
    auto found = co_await find_application(call);
    if (found) answer_document(call, kApplication, std::move(found->fields));
}

Awaitable<void> update_application(Call& call) {
    const auto found = co_await find_application(call);
    if (!found) co_return;
    auto update = take_body(call, kApplication, Verb::update);
    if (!update) co_return;
    std::string id(call.captures[1]);
    auto changed = co_await update_from(call, kApplications, std::move(id), std::move(*update));
    if (changed) answer_document(call, kApplication, std::move(changed->fields));
}

Awaitable<void> remove_application(Call& call) {
    const auto found = co_await find_application(call);
    if (!found) co_return;
    std::string id(call.captures[1]);
    co_await remove_with_all(call, kApplications, std::move(id));
}

// Puts the keys in force again, in case that creation was cut short.
Awaitable<void> read_secret_key(Call& call) {
    const auto found = co_await find_application(call);
    if (!found) co_return;
    std::vector<NewKey> keys = keys_of(call, found->fields);
    const bool done = co_await put_keys(call, std::move(keys));
    if (!done) {
        refuse_store(call);
        co_return;
    }
    answer_json(call, json::object{{"secretApiKey", found->text("secretApiKey")}});
}

Awaitable<void> read_self(Call& call) {
    std::string id = call.actor.id;
    auto self = co_await find_document(call, kApplication, std::move(id));
    if (self) answer_document(call, kApplication, std::move(self->fields));
}

Awaitable<void> update_self(Call& call) {
    auto update = take_body(call, kApplication, Verb::update);
    if (!update) co_return;
    std::string id = call.actor.id;
    auto changed = co_await update_from(call, kApplications, std::move(id), std::move(*update));
    if (changed) answer_document(call, kApplication, std::move(changed->fields));
}

constexpr KeyTypes kApplicationKeys = bit(KeyType::application) | bit(KeyType::trusted_application);

constexpr std::array kRoutes{
    create_route("/projects", kOperators, kProjects, kProject, "creates a project"),
    list_route("/projects", kOperators, kProjects, kProject, "lists projects"),
    bulk_update_route(
        "/projects", kOperators, kProjects, kProject, "changes those of ?ids= or ?filter="),
    bulk_remove_route(
        "/projects", kOperators, kProjects, kProject, "removes those of ?ids= or ?filter="),
    read_route("/projects/{project}", kOperators, kProjects, kProject, "reads a project"),
    update_route(
        "/projects/{project}", kOperators, kProjects, kProject, "changes the fields given"),
    remove_route("/projects/{project}",
                 kOperators,
                 kProjects,
                 kProject,
                 "removes a project, its applications and their users"),
    Route{Method::post, "/projects/{project}/applications", kOperators, false, kJsonBody,
          create_application, "creates an application", 201, Shape::one, &kApplication, Shape::one},
    Route{Method::get, "/projects/{project}/applications", kOperators, false, 0, list_applications,
          "lists its applications", 200, Shape::list, &kApplication},
    Route{Method::get, "/projects/{project}/applications/{application}", kOperators, false, 0,
          read_application, "reads an application", 200, Shape::one, &kApplication},
    Route{Method::put, "/projects/{project}/applications/{application}", kOperators, false,
          kJsonBody, update_application, "changes the fields given", 200, Shape::one, &kApplication,
          Shape::one},
    Route{Method::delete_, "/projects/{project}/applications/{application}", kOperators, false, 0,
          remove_application, "removes an application, its keys, users and rules"},
    Route{Method::get, "/projects/{project}/applications/{application}/secretKey", kOperators,
          false, 0, read_secret_key, "the key of the trusted application", 200, Shape::one,
          &kSecretKey},
    Route{Method::get, "/applications/me", kApplicationKeys, false, 0, read_self,
          "the application whose key this is", 200, Shape::one, &kApplication},
    Route{Method::put, "/applications/me", bit(KeyType::trusted_application), false, kJsonBody,
          update_self, "changes the fields given", 200, Shape::one, &kApplication, Shape::one},
};

}  // namespace

const Resource kProjects{kProject, "/projects", nullptr, prepare_project, nullptr, cascade_project};
const Resource kApplications{kApplication,        "/applications", nullptr,
                             prepare_application, nullptr,         cascade_application};

Awaitable<std::optional<Document>> find_application(Call& call) {
    std::string id(call.captures[1]);
    auto found = co_await find_document(call, kApplication, id);
    if (found && found->text("project") != call.captures[0]) {
        refuse_absent(call, kApplication, id);
        found.reset();
    }
    co_return found;
}

std::span<const Route> project_routes() {
    return kRoutes;
}

}  // namespace redirector::api
