// The account of a key, its operators, and what they hold.
#include "redirector/api/access.hpp"
#include "redirector/api/listing.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/standard_routes.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/config.hpp"
#include "redirector/store/account_policies.hpp"
#include "redirector/store/ids.hpp"

#include <boost/json.hpp>

#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;

// Identifiers of accesses and domains: 24 hexadecimal digits that follow from what they stand for.
std::string hex_id(std::string_view of) {
    return store::api_key_digest(of).substr(0, 24);
}

Awaitable<std::optional<Document>> find_account(Call& call) {
    std::string id(call.captures[0]);
    co_return co_await find_document(call, kAccount, std::move(id));
}

// Keys are not kept, so none is shown.
Awaitable<void> list_accesses(Call& call) {
    const auto account = co_await find_account(call);
    if (!account) co_return;
    Selection selection(kOperator);
    selection.paging.per_page = 100;
    const auto page = co_await read_page(call, selection);
    if (!page) co_return;
    json::array accesses;
    for (const Document& person : page->documents) {
        accesses.push_back(json::object{{"id", hex_id(person.id())},
                                        {"account", account->id()},
                                        {"operator", person.id()},
                                        {"role", "admin"}});
    }
    answer_json(call, accesses);
}

Awaitable<void> list_short_domains(Call& call) {
    const auto account = co_await find_account(call);
    if (!account) co_return;
    answer_json(call, json::array{json::string(call.services.config.short_domain)});
}

Awaitable<void> list_domains(Call& call) {
    const auto account = co_await find_account(call);
    if (!account) co_return;
    const std::string& domain = call.services.config.short_domain;
    json::object document{{"id", hex_id(domain)},
                          {"accountId", account->id()},
                          {"domain", domain},
                          {"createdAt", account->number("createdAt")},
                          {"updatedAt", account->number("createdAt")}};
    answer_json(call, json::array{std::move(document)});
}

Problems check_retention(const json::object& given, json::object&) {
    const json::value* const days = given.if_contains("retentionDays");
    if (days == nullptr || days->is_null()) return {};
    if (days->is_int64() && days->get_int64() >= 1 &&
        days->get_int64() <= store::AccountPolicy::kMostDays)
        return {};
    return {{Code::invalid_field, "retentionDays", "account.retentionDays must be 1 to 36500"}};
}

constexpr std::array kRoutes{
    Route{Method::get, "/access", kAnyKey, false, 0, read_access, "whose key this is", 200,
          Shape::one, &kAccess},
    list_route("/accounts", kOperators, kAccounts, kAccount, "the key's account, as a list"),
    read_route("/accounts/{account}", kOperators, kAccounts, kAccount, "reads the account"),
    update_route(
        "/accounts/{account}", kOperators, kAccounts, kAccount, "changes the fields given"),
    Route{Method::get, "/accounts/{account}/accesses", kOperators, false, 0, list_accesses,
          "its operators and their roles; keys are not kept, so none is shown", 200, Shape::list},
    Route{Method::get, "/accounts/{account}/shortDomains", kOperators, false, 0, list_short_domains,
          "hosts of its short URLs", 200, Shape::list},
    Route{Method::get, "/accounts/{account}/domains", kOperators, false, 0, list_domains,
          "the same, as documents", 200, Shape::list},
    read_route("/operators/{operator}",
               kOperators,
               kOperatorsOfAccount,
               kOperator,
               "reads an operator of the account"),
    update_route("/operators/{operator}",
                 kOperators,
                 kOperatorsOfAccount,
                 kOperator,
                 "changes the fields given"),
};

}  // namespace

const Resource kAccounts{kAccount, "/accounts", check_retention};
const Resource kOperatorsOfAccount{kOperator, "/operators"};

std::span<const Route> account_routes() {
    return kRoutes;
}

}  // namespace redirector::api
