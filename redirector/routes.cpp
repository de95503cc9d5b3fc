#include "redirector/routes.hpp"

#include "redirector/api/actions.hpp"
#include "redirector/api/new_actions.hpp"
#include "redirector/api/redirections.hpp"
#include "redirector/api/redirector.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/statistics.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/api/trials.hpp"
#include "redirector/api/webhooks.hpp"
#include "redirector/description.hpp"
#include "redirector/logo_codes.hpp"
#include "redirector/logo_endpoint.hpp"
#include "redirector/pages.hpp"
#include "redirector/posted_actions.hpp"
#include "redirector/qr_endpoint.hpp"
#include "redirector/sheet_endpoint.hpp"
#include "redirector/tried_rules.hpp"

namespace redirector {
namespace {

using api::kAnyKey;
using api::KeyTypes;
using api::kOperators;
using api::kTrusted;
using api::kUsers;
using api::Shape;

// POST /redirections answers with the QR code unless JSON is asked for (reference/001, "Create a
// Redirection").
Awaitable<void> create_redirection(api::Call& call) {
    const std::string short_id = co_await api::create_redirection(call);
    if (short_id.empty() || pages::wants_json(call.request)) co_return;
    co_await draw_created(call.request, short_id, call.services, call.reply);
}

constexpr KeyTypes kActors = kUsers | api::bit(api::KeyType::device);

constexpr Route post_actions(std::string_view pattern, KeyTypes allowed, std::string_view meaning) {
    return {.method = Method::post,
            .pattern = pattern,
            .allowed = allowed,
            .on_short_domain = false,
            .body_limit = api::kActionsBody,
            .handler = create_actions,
            .meaning = meaning,
            .status = 201,
            .answers = Shape::one,
            .document = &api::kAction,
            .body = Shape::one};
}

constexpr Route get_actions(std::string_view pattern, KeyTypes allowed, std::string_view meaning) {
    return {.method = Method::get,
            .pattern = pattern,
            .allowed = allowed,
            .on_short_domain = false,
            .body_limit = 0,
            .handler = api::list_actions,
            .meaning = meaning,
            .answers = Shape::list,
            .document = &api::kAction};
}

constexpr Route get_action(std::string_view pattern, KeyTypes allowed) {
    return {.method = Method::get,
            .pattern = pattern,
            .allowed = allowed,
            .on_short_domain = false,
            .body_limit = 0,
            .handler = api::read_action,
            .meaning = "one action",
            .answers = Shape::one,
            .document = &api::kAction};
}

constexpr std::string_view kReplays =
    "how many of the last scans a draft would send elsewhere, with samples";
constexpr std::string_view kExplains = "which rule matches a context or a recorded action, and why";

constexpr std::array kRoutes{
    Route{Method::post, "/redirections", kUsers, true, api::kRedirectionBody, create_redirection,
          "creates a redirection", 201, Shape::one, &api::kRedirection, Shape::one, nullptr,
          nullptr, true},
    Route{Method::get, "/redirections", kAnyKey, true, 0, api::list_redirections,
          "lists those of the account, or of ?evrythngId=", 200, Shape::list, &api::kRedirection},
    Route{Method::put, "/redirections", kTrusted, false, api::kRedirectionBody,
          api::update_redirections, "changes those of ?ids=, ?evrythngId= or ?filter=", 204,
          Shape::none, &api::kRedirection, Shape::one},
    Route{Method::delete_, "/redirections", kTrusted, false, 0, api::remove_redirections,
          "removes those of ?ids=, ?evrythngId= or ?filter=", 204, Shape::none, &api::kRedirection},
    Route{Method::get, "/redirections/{shortId}", kAnyKey, true, 0, api::read_redirection,
          "reads one, with its hits", 200, Shape::one, &api::kRedirection},
    Route{Method::put, "/redirections/{shortId}", kUsers, true, api::kRedirectionBody,
          api::update_redirection, "changes the fields given", 200, Shape::one, &api::kRedirection,
          Shape::one},
    Route{Method::delete_, "/redirections/{shortId}", kTrusted, true, 0, api::remove_redirection,
          "removes one"},
    post_actions("/actions/{type}", kActors, "makes an action, or an array of them"),
    post_actions("/thngs/{thng}/actions/{type}", kActors, "makes actions on the thng"),
    post_actions("/products/{product}/actions/{type}", kUsers, "makes actions on the product"),
    post_actions(
        "/collections/{collection}/actions/{type}", kUsers, "makes actions on the collection"),
    get_actions("/actions/{type}", kActors, "actions of a type, or all, newest first"),
    get_actions("/thngs/{thng}/actions/{type}", kActors, "those on the thng"),
    get_actions("/products/{product}/actions/{type}", kUsers, "those on the product or its thngs"),
    get_actions("/collections/{collection}/actions/{type}", kUsers, "those on the collection"),
    get_action("/actions/{type}/{id}", kActors),
    Route{Method::delete_, "/actions/{type}/{id}", kOperators, false, 0, api::remove_action,
          "removes an action; hits stay as they are"},
    get_action("/thngs/{thng}/actions/{type}/{id}", kActors),
    get_action("/products/{product}/actions/{type}/{id}", kUsers),
    get_action("/collections/{collection}/actions/{type}/{id}", kUsers),
    Route{Method::get, "/redirector", kOperators, false, 0, api::read_redirector,
          "the account's rules"},
    Route{Method::put, "/redirector", kOperators, false, api::kMaxRedirectorBody,
          api::write_redirector, "puts rules in force"},
    Route{Method::delete_, "/redirector", kOperators, false, 0, api::remove_redirector,
          "removes them"},
    Route{Method::get, "/redirector/versions", kOperators, false, 0, api::list_versions,
          "earlier rules"},
    Route{Method::post, "/redirector/versions/{version}/activate", kOperators, false, 0,
          api::activate_version, "puts earlier rules in force again"},
    Route{Method::post, "/redirector/explain", kOperators, false, api::kMaxRedirectorBody,
          explain_rules, kExplains, 200, Shape::none, nullptr, Shape::one, &api::kExplain},
    Route{Method::post, "/redirector/replay", kOperators, false, api::kMaxRedirectorBody,
          replay_scans, kReplays, 200, Shape::none, nullptr, Shape::one, &api::kReplay},
    Route{Method::get, "/projects/{project}/applications/{app}/redirector", kOperators, false, 0,
          api::read_redirector, "an application's rules"},
    Route{Method::put, "/projects/{project}/applications/{app}/redirector", kOperators, false,
          api::kMaxRedirectorBody, api::write_redirector, "puts rules in force"},
    Route{Method::delete_, "/projects/{project}/applications/{app}/redirector", kOperators, false,
          0, api::remove_redirector, "removes them"},
    Route{Method::get, "/projects/{project}/applications/{app}/redirector/versions", kOperators,
          false, 0, api::list_versions, "earlier rules"},
    Route{Method::post,
          "/projects/{project}/applications/{app}/redirector/versions/{version}/activate",
          kOperators, false, 0, api::activate_version, "puts earlier rules in force again"},
    Route{Method::post, "/projects/{project}/applications/{app}/redirector/explain", kOperators,
          false, api::kMaxRedirectorBody, explain_rules, kExplains, 200, Shape::none, nullptr,
          Shape::one, &api::kExplain},
    Route{Method::post, "/projects/{project}/applications/{app}/redirector/replay", kOperators,
          false, api::kMaxRedirectorBody, replay_scans, kReplays, 200, Shape::none, nullptr,
          Shape::one, &api::kReplay},
    Route{.method = Method::post,
          .pattern = "/qr/sheets",
          .allowed = kTrusted,
          .on_short_domain = false,
          .body_limit = kMaxSheetOrder,
          .handler = create_sheet,
          .meaning = "the codes of many redirections: label sheets as a PDF, or a ZIP of images",
          .body = Shape::one,
          .takes = &kSheetOrder,
          .negotiates = true,
          .answer_types = "application/pdf, application/zip"},
    Route{.method = Method::put,
          .pattern = "/accounts/{account}/logo",
          .allowed = kOperators,
          .on_short_domain = false,
          .body_limit = kMaxLogoFile,
          .handler = write_logo,
          .meaning = "the picture that the account's QR codes show with logo=1",
          .answers = Shape::one,
          .answer_types = "image/png"},
    Route{.method = Method::get,
          .pattern = "/accounts/{account}/logo",
          .allowed = kOperators,
          .on_short_domain = false,
          .body_limit = 0,
          .handler = show_logo,
          .meaning = "the same, as it is drawn",
          .negotiates = true,
          .answer_types = "image/png"},
    Route{.method = Method::delete_,
          .pattern = "/accounts/{account}/logo",
          .allowed = kOperators,
          .on_short_domain = false,
          .body_limit = 0,
          .handler = remove_logo,
          .meaning = "removes it"},
};

// Whether the path has the pattern's form; fills in the captures.
bool matches(std::string_view pattern,
             std::string_view path,
             std::array<std::string_view, 4>& captures) {
    std::size_t captured = 0;
    while (!pattern.empty() && !path.empty()) {
        pattern.remove_prefix(1);  // both start with '/'
        path.remove_prefix(1);
        const std::string_view expected = pattern.substr(0, pattern.find('/'));
        const std::string_view segment = path.substr(0, path.find('/'));
        if (!expected.starts_with('{')) {
            if (segment != expected) return false;
        } else {
            if (segment.empty()) return false;
            captures[captured++] = segment;
        }
        pattern.remove_prefix(expected.size());
        path.remove_prefix(segment.size());
    }
    return pattern.empty() && path.empty();
}

// The parts as one table; where two patterns have the form of a path, the earlier one counts.
std::vector<const Route*> table() {
    std::vector<const Route*> rows;
    for (const std::span<const Route> part : api_routes()) {
        for (const Route& route : part)
            rows.push_back(&route);
    }
    return rows;
}

void append_method(std::string& allow, std::string_view name) {
    if (allow.find(name) == allow.npos) allow.append(allow.empty() ? "" : ", ").append(name);
}

}  // namespace

std::vector<std::span<const Route>> api_routes() {
    return {api::account_routes(),    api::project_routes(),     api::thng_routes(),
            api::property_routes(),   api::location_routes(),    api::collection_routes(),
            api::place_routes(),      api::action_type_routes(), api::user_routes(),
            api::device_routes(),     api::redirection_routes(), kRoutes,
            api::statistics_routes(), api::rate_limit_routes(),  api::webhook_routes(),
            description_routes()};
}

RouteMatch match_route(Method method, std::string_view path, bool short_domain_only) {
    RouteMatch match;
    const Method wanted = method == Method::head ? Method::get : method;
    static const std::vector<const Route*> kTable = table();
    for (const Route* const row : kTable) {
        const Route& route = *row;
        if (short_domain_only && !route.on_short_domain) continue;
        std::array<std::string_view, 4> captures{};
        if (!matches(route.pattern, path, captures)) continue;
        append_method(match.allow, name_of(route.method));
        if (route.method == Method::get) append_method(match.allow, "HEAD");
        if (route.method != wanted || match.route != nullptr) continue;
        match.route = row;
        match.captures = captures;
    }
    if (!match.allow.empty()) append_method(match.allow, "OPTIONS");
    return match;
}

std::string_view name_of(Method method) {
    constexpr std::array<std::string_view, 7> kNames{"GET",    "HEAD",    "POST", "PUT",
                                                     "DELETE", "OPTIONS", "other"};
    return kNames[static_cast<std::size_t>(method)];
}

}  // namespace redirector
