#include "redirector/app.hpp"

#include "redirector/api/call_limit.hpp"
#include "redirector/api/documents.hpp"
#include "redirector/api/errors.hpp"
#include "redirector/api/rate_limits.hpp"
#include "redirector/api/redirections.hpp"
#include "redirector/api/yaml.hpp"
#include "redirector/apps.hpp"
#include "redirector/health.hpp"
#include "redirector/log.hpp"
#include "redirector/metrics.hpp"
#include "redirector/negotiate.hpp"
#include "redirector/pages.hpp"
#include "redirector/qr_endpoint.hpp"
#include "redirector/redirect.hpp"
#include "redirector/routes.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/unknown_ids.hpp"

#include <array>
#include <chrono>
#include <exception>

namespace redirector {
namespace {

using Clock = std::chrono::steady_clock;

// The routes of the public listener, by path and in this order; whatever has one segment that can
// be a short ID, and is no other route, is one.
enum class PublicRoute : std::uint8_t { short_id, qr, healthz, robots, favicon, api, unknown };

PublicRoute public_route(std::string_view path) {
    const std::string_view name = path.substr(1);
    if (name == "healthz") return PublicRoute::healthz;
    if (name == "robots.txt") return PublicRoute::robots;
    if (name == "favicon.ico") return PublicRoute::favicon;
    if (qr_path(path)) return PublicRoute::qr;
    if (name == "redirections" || name.starts_with("redirections/")) return PublicRoute::api;
    return store::is_short_id(name) ? PublicRoute::short_id : PublicRoute::unknown;
}

bool reads(Method method) {
    return method == Method::get || method == Method::head;
}

// Browsers ask before every call with a key (WHATWG Fetch, CORS preflight); no credentials but the
// key are ever used, so any origin may ask.
void add_cors(Reply& reply) {
    reply.add("Access-Control-Allow-Origin", "*");
    reply.add("Access-Control-Expose-Headers",
              "Link, Location, ETag, Retry-After, X-Request-Id, x-result-count");
}

void answer_preflight(std::string_view allow, Reply& reply) {
    reply.status = 204;
    reply.add("Allow", allow);
    reply.add("Access-Control-Allow-Origin", "*");
    reply.add("Access-Control-Allow-Methods", allow);
    reply.add("Access-Control-Allow-Headers",
              "Authorization, Content-Type, Accept, If-Match, If-None-Match");
    reply.add("Access-Control-Max-Age", "86400");
}

void refuse_method(api::Call& call, std::string_view allow) {
    call.reply.add("Allow", allow);
    call.refuse(api::Code::method_not_allowed, "",
                std::string(name_of(call.request.method)) +
                    " is not among the methods of this path: " + std::string(allow));
}

// The key's actor, if it may call the route; else the refusal is answered.
Awaitable<bool> admit(api::Call& call, const Route& route) {
    if (route.allowed == api::kNoKeyNeeded) co_return true;
    const api::Authenticated who = co_await api::authenticate(call.request, call.services);
    switch (who.failure) {
        case api::AuthFailure::missing:
            call.refuse(api::Code::missing_credentials, "Authorization",
                        "the request carries no API key");
            co_return false;
        case api::AuthFailure::invalid:
            call.refuse(api::Code::invalid_credentials, "Authorization",
                        "the API key is unknown, revoked or expired");
            co_return false;
        case api::AuthFailure::store_down:
            api::refuse_store(call);
            co_return false;
        case api::AuthFailure::none:
            break;
    }
    call.actor = who.actor;
    if ((route.allowed & bit(call.actor.type)) == 0) {
        call.refuse(api::Code::forbidden, "", "a key of this type may not do this");
        co_return false;
    }
    if (call.place && !call.place->charge(call.actor.account)) {
        call.reply.add("Retry-After", "1");
        call.refuse(api::Code::rate_limited, "",
                    "too many calls of this account are being answered; try again");
        co_return false;
    }
    co_return co_await api::within_rate_limit(call);
}

// A route, and how its answer is to be written.
struct Routed {
    RouteMatch match;
    bool yaml = false;
    bool acceptable = true;
};

// The suffix .json or .yaml of an API path overrules the Accept field; /openapi.json is a name.
Routed route_of(const Request& request, bool short_domain_only) {
    Routed routed;
    std::string_view path = request.path;
    const bool suffix = path.ends_with(".json") || path.ends_with(".yaml");
    if (suffix && !short_domain_only) {
        routed.yaml = path.ends_with(".yaml");
        path.remove_suffix(5);
        routed.match = match_route(request.method, path, short_domain_only);
        if (!routed.match.allow.empty()) return routed;
    }
    routed.match = match_route(request.method, request.path, short_domain_only);
    if (routed.match.route == nullptr || routed.match.route->negotiates) return routed;
    constexpr std::array<std::string_view, 4> kOffered{"application/json", api::kYaml,
                                                       "application/x-yaml", "text/yaml"};
    const auto chosen = negotiate(request.field(Field::accept), kOffered);
    routed.acceptable = chosen.has_value();
    routed.yaml = chosen.value_or(0) > 0;
    return routed;
}

Awaitable<void> dispatch(api::Call& call, bool short_domain_only) {
    const Routed routed = route_of(call.request, short_domain_only);
    const RouteMatch& match = routed.match;
    if (!call.place) {
        call.refuse(api::Code::unavailable, "", "too many calls are being answered; try again");
    } else if (match.allow.empty()) {
        call.refuse(api::Code::not_found, "", "there is no such path");
    } else if (call.request.method == Method::options) {
        answer_preflight(match.allow, call.reply);
        co_return;
    } else if (match.route == nullptr) {
        refuse_method(call, match.allow);
    } else if (!routed.acceptable) {
        call.refuse(api::Code::not_acceptable, "Accept",
                    "answers are application/json or application/yaml");
    } else {
        call.captures = match.captures;
        call.route = match.route;
        const bool admitted = co_await admit(call, *match.route);
        if (admitted) co_await match.route->handler(call);
    }
    if (routed.yaml && call.reply.content_type == "application/json") {
        call.reply.body = api::to_yaml(call.reply.body);
        call.reply.content_type = api::kYaml;
    }
    add_cors(call.reply);
}

// The audit trail: who changed what.
Awaitable<void> note_changes(api::Call& call) {
    if (call.changes.empty()) co_return;
    for (const api::ChangeNote& change : call.changes) {
        log::write(log::Level::info, "change",
                   {{"guid", call.guid},
                    {"account", call.actor.account},
                    {"actor", call.actor.id},
                    {"as", api::access_name(call.actor.type)},
                    {"what", change.what},
                    {"id", change.id},
                    {"before", change.before},
                    {"after", change.after}});
    }
    const bool kept =
        co_await api::keep_changes(call.services.redis, call.actor, call.guid, call.changes);
    if (!kept) call.services.metrics.audit_failures.add();
}

// One management request from routing to its log line. A defect in a handler is a 500, never the
// end of the process.
Awaitable<void> answer_api(const Request& request,
                           Reply& reply,
                           Services& services,
                           bool short_domain_only) {
    const auto start = Clock::now();
    api::Call call{
        request, reply, services, {}, {}, store::new_guid(), nullptr, {}, services.calls.enter()};
    std::string defect;
    try {
        co_await dispatch(call, short_domain_only);
    } catch (const std::exception& problem) {
        defect = problem.what();
    }
    if (!defect.empty()) {
        log::write(log::Level::error, "defect", {{"guid", call.guid}, {"what", defect}});
        reply.clear();
        call.refuse(api::Code::internal_error, "",
                    "an internal error; quote the guid when reporting it");
    }
    reply.add("X-Request-Id", call.guid);
    co_await note_changes(call);
    const auto took = Clock::now() - start;
    services.metrics.answered(Outcome::api, took);
    log::write(log::Level::info, "request",
               {{"guid", call.guid},
                {"method", name_of(request.method)},
                {"path", request.path},
                {"status", reply.status},
                {"account", call.actor.account},
                {"actor", call.actor.id},
                {"us", std::chrono::duration_cast<std::chrono::microseconds>(took).count()}});
}

std::string what_of(const std::exception_ptr& defect) {
    try {
        std::rethrow_exception(defect);
    } catch (const std::exception& problem) {
        return problem.what();
    } catch (...) {
        return "an exception of no known type";
    }
}

std::size_t body_limit_of(const Request& request, bool short_domain_only) {
    const Routed routed = route_of(request, short_domain_only);
    return routed.match.route == nullptr ? 0 : routed.match.route->body_limit;
}

class PublicApp final : public App {
  public:
    explicit PublicApp(Services& services) : services_(services) {}

    bool answer_now(const Request& request, Reply& reply) override {
        const PublicRoute route = public_route(request.path);
        if (route == PublicRoute::short_id) {
            if (!reads(request.method)) return answer_other_method(request, reply);
            if (pages::wants_json(request)) return false;
            return attempt_redirect(request, request.path.substr(1), services_, reply);
        }
        if (route == PublicRoute::api || (route == PublicRoute::qr && reads(request.method)))
            return false;
        if (!reads(request.method) && route != PublicRoute::unknown)
            return answer_other_method(request, reply);
        answer_page(route, request, reply);
        return true;
    }

    void prefetch(std::span<const Request* const> requests) noexcept override {
        store::NearCache::Prefetch ahead(services_.reader);
        for (const Request* const request : requests)
            if (public_route(request->path) == PublicRoute::short_id)
                ahead.add(store::keyspace::RedirectionKey(request->path.substr(1)));
        ahead.finish();
    }

    Awaitable<void> answer(const Request& request, Reply& reply) override {
        std::exception_ptr defect;
        try {
            co_await answer_route(request, reply);
        } catch (...) {
            defect = std::current_exception();
        }
        if (!defect) co_return;
        const std::string guid = store::new_guid();
        log::write(log::Level::error, "defect", {{"guid", guid}, {"what", what_of(defect)}});
        reply.clear();
        pages::refuse(request, 500, "Something went wrong here", reply);
        reply.add("X-Request-Id", guid);
    }

    std::size_t body_limit(const Request& request) const override {
        return body_limit_of(request, true);
    }

    void refuse(int status, std::string_view reason, Reply& reply) override {
        services_.metrics.answered(Outcome::refused, Clock::duration::zero());
        pages::refuse(Request{}, status, reason, reply);
    }

  private:
    Awaitable<void> answer_route(const Request& request, Reply& reply) {
        switch (public_route(request.path)) {
            case PublicRoute::short_id:
                if (pages::wants_json(request)) {
                    co_await answer_document(request, reply);
                } else {
                    co_await redirect(request, request.path.substr(1), services_, reply);
                }
                break;
            case PublicRoute::qr: {
                const QrPath path = *qr_path(request.path);
                co_await answer_qr(request, path, services_, reply);
                break;
            }
            default:
                co_await answer_api(request, reply, services_, true);
        }
    }

    bool answer_other_method(const Request& request, Reply& reply) {
        if (request.method == Method::options) {
            answer_preflight("GET, HEAD, OPTIONS", reply);
        } else {
            reply.add("Allow", "GET, HEAD, OPTIONS");
            pages::refuse(request, 405, "A short URL can only be read", reply);
        }
        services_.metrics.answered(Outcome::page, Clock::duration::zero());
        return true;
    }

    void answer_page(PublicRoute route, const Request& request, Reply& reply) {
        if (route == PublicRoute::healthz) {
            pages::alive(reply);
        } else if (route == PublicRoute::robots) {
            pages::robots(reply);
        } else if (route == PublicRoute::favicon) {
            pages::favicon(reply);
        } else {
            pages::refuse(request, 404, "There is no such page here", reply);
        }
        const Outcome outcome = route == PublicRoute::unknown ? Outcome::not_found : Outcome::page;
        services_.metrics.answered(outcome, Clock::duration::zero());
    }

    // GET /:shortId with Accept: application/json: the document, no scan, no key
    // (reference/api-facts.md 5).
    Awaitable<void> answer_document(const Request& request, Reply& reply) {
        const auto start = Clock::now();
        api::Call call{request, reply, services_, {request.path.substr(1)}, {}, store::new_guid()};
        co_await api::read_public_redirection(call);
        if (reply.status == 404 && too_many_unknown(request, services_, reply))
            call.refuse(api::Code::rate_limited, "", "too many unknown short IDs were asked for");
        add_cors(reply);
        reply.add("Vary", "Accept");
        reply.add("X-Request-Id", call.guid);
        services_.metrics.answered(Outcome::api, Clock::now() - start);
    }

    Services& services_;
};

class ApiApp final : public App {
  public:
    explicit ApiApp(Services& services) : services_(services) {}

    bool answer_now(const Request& request, Reply& reply) override {
        const bool page =
            request.path == "/metrics" || request.path == "/healthz" || request.path == "/readyz";
        if (!page) return false;
        if (!reads(request.method)) {
            refuse_page_method(request.method, reply);
        } else if (request.path == "/metrics") {
            reply.content_type = Metrics::kContentType;
            services_.all_metrics.write(reply.body);
        } else if (request.path == "/healthz") {
            pages::alive(reply);
        } else {
            answer_ready(reply);
        }
        return true;
    }

    Awaitable<void> answer(const Request& request, Reply& reply) override {
        co_await answer_api(request, reply, services_, false);
    }

    std::size_t body_limit(const Request& request) const override {
        return body_limit_of(request, false);
    }

    void refuse(int status, std::string_view reason, Reply& reply) override {
        services_.metrics.answered(Outcome::refused, Clock::duration::zero());
        const std::string guid = store::new_guid();
        const api::Problem problem{api::code_of_status(status), "", std::string(reason)};
        api::write_problems({&problem, 1}, guid, reply);
        reply.status = status;
        reply.add("X-Request-Id", guid);
    }

  private:
    void refuse_page_method(Method method, Reply& reply) {
        constexpr std::string_view kAllow = "GET, HEAD, OPTIONS";
        if (method == Method::options) return answer_preflight(kAllow, reply);
        refuse(405, "This page can only be read", reply);
        reply.add("Allow", kAllow);
    }

    void answer_ready(Reply& reply) {
        const auto failing = services_.health.failing();
        reply.status = failing.empty() ? 200 : 503;
        reply.content_type = "text/plain; charset=utf-8";
        reply.add("Cache-Control", "no-store");
        if (failing.empty()) reply.body = "ready\n";
        if (!failing.empty()) reply.add("Retry-After", "1");
        for (const std::string_view name : failing)
            reply.body.append("not ready: ").append(name).append("\n");
        for (const Health::Detail& detail : services_.health.details())
            reply.body.append(detail.name)
                .append(" ")
                .append(std::to_string(detail.read()))
                .append("\n");
    }

    Services& services_;
};

}  // namespace

std::unique_ptr<App> make_public_app(Services& services) {
    return std::make_unique<PublicApp>(services);
}
std::unique_ptr<App> make_api_app(Services& services) {
    return std::make_unique<ApiApp>(services);
}

}  // namespace redirector
