#include "redirector/description.hpp"

#include "redirector/api/call.hpp"
#include "redirector/api/openapi.hpp"
#include "redirector/api/query.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/config.hpp"
#include "redirector/facts/timezone.hpp"
#include "redirector/routes.hpp"
#include "redirector/thread_facts.hpp"

#include <array>
#include <chrono>

namespace redirector {
namespace {

Awaitable<void> read_openapi(api::Call& call) {
    static const std::string kDocument =
        api::openapi_json(api_routes(), call.services.config.api_url);
    call.reply.content_type = "application/json";
    call.reply.body = kDocument;
    co_return;
}

Awaitable<void> read_docs(api::Call& call) {
    static const std::string kPage = api::docs_html(api_routes());
    call.reply.content_type = "text/html; charset=utf-8";
    call.reply.body = kPage;
    co_return;
}

// The document is small and flat, and its texts need no escapes.
std::string time_document(ThreadFacts& facts, facts::Instant now, const facts::Zone* zone) {
    std::string document = "{\"timestamp\":" + std::to_string(now.time_since_epoch().count());
    if (zone != nullptr) {
        const facts::LocalTime local = facts.clock.at(*zone, now);
        const auto offset = std::chrono::milliseconds(local.offset).count();
        document.append(",\"offset\":").append(std::to_string(offset));
        document.append(",\"localTime\":\"").append(facts::iso_text(local)).append("\"");
        if (const auto change = facts::next_offset_change(*zone, now)) {
            const auto ms = change->time_since_epoch().count();
            document.append(",\"nextChange\":").append(std::to_string(ms));
        }
    }
    return document.append("}");
}

Awaitable<void> read_time(api::Call& call) {
    ThreadFacts& facts = call.services.facts;
    const api::Query query(call.request.query);
    const facts::Zone* zone = nullptr;
    if (const auto name = query.find("tz")) {
        zone = facts.zones.find(*name);
        if (zone == nullptr) {
            call.refuse(api::Code::invalid_parameter, "tz",
                        "tz must be a name of the time zone database, such as Europe/Zurich");
            co_return;
        }
    }
    const auto now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    call.reply.content_type = "application/json";
    call.reply.body = time_document(facts, now, zone);
}

constexpr std::array kRoutes{
    Route{Method::get, "/time", api::kNoKeyNeeded, false, 0, read_time,
          "what time it is; with ?tz= there", 200, api::Shape::one, &api::kTime},
    Route{Method::get, "/openapi.json", api::kNoKeyNeeded, false, 0, read_openapi,
          "this description, as OpenAPI 3", 200, api::Shape::one},
    Route{.method = Method::get,
          .pattern = "/docs",
          .allowed = api::kNoKeyNeeded,
          .on_short_domain = false,
          .body_limit = 0,
          .handler = read_docs,
          .meaning = "the same, for people",
          .negotiates = true},
};

}  // namespace

std::span<const api::Route> description_routes() {
    return kRoutes;
}

}  // namespace redirector
