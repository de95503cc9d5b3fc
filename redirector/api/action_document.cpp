#include "redirector/api/action_document.hpp"

#include "redirector/facts/address.hpp"
#include "redirector/facts/language.hpp"
#include "rules/utf8.hpp"

#include <boost/json.hpp>

#include <string>

namespace redirector::api {
namespace {

namespace json = boost::json;

// What a client sent may be any bytes; JSON holds UTF-8 (RFC 8259 8.1).
using rules::well_formed;

void add_text(json::object& object, std::string_view name, std::string_view text) {
    if (!text.empty()) object[name] = well_formed(text);
}

std::string_view source_of(const scan::Scan& scan) {
    switch (scan.location_source) {
        case scan::LocationSource::sensor:
            return "sensor";
        case scan::LocationSource::place:
            return "place";
        default:
            return scan.coordinates ? "geoIp" : "unknown";
    }
}

void add_location(json::object& action, const scan::Scan& scan) {
    action["locationSource"] = source_of(scan);
    json::object location;
    add_text(location, "place", scan.place);
    if (scan.coordinates) {
        const auto [latitude, longitude] = *scan.coordinates;
        location["latitude"] = latitude;
        location["longitude"] = longitude;
        location["position"] =
            json::object{{"type", "Point"}, {"coordinates", json::array{longitude, latitude}}};
    }
    if (!location.empty()) action["location"] = std::move(location);
}

// JSON that take_actions() wrote; what a damaged record holds is left out.
void add_json(json::object& action, std::string_view name, std::string_view text) {
    if (text.empty()) return;
    json::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error);
    if (!error) action[name] = std::move(value);
}

void add_reaction(json::object& action, const scan::Scan& scan) {
    if (scan.redirect_url.empty()) return;
    json::object reaction{{"type", "redirection"}, {"redirectUrl", well_formed(scan.redirect_url)}};
    json::error_code error;
    const std::string_view text = scan.reaction_context;
    const json::value context =
        text.empty() ? json::value() : json::parse({text.data(), text.size()}, error);
    if (!error && context.is_object()) reaction["redirectionContext"] = context;
    action["reactions"] = json::array{std::move(reaction)};
}

// What of the context filters may ask for.
json::object place_of(const scan::Scan& scan) {
    json::object context;
    add_text(context, "city", scan.city);
    add_text(context, "region", scan.region);
    add_text(context, "countryCode", scan.country);
    add_text(context, "timeZone", scan.time_zone);
    return context;
}

json::object whole_context(const scan::Scan& scan, facts::AgentFactsCache& agents) {
    json::object context = place_of(scan);
    if (scan.client_ip) context["ipAddress"] = facts::address_text(*scan.client_ip);
    add_text(context, "userAgent", scan.user_agent);
    const facts::AgentFacts& agent = agents.facts(scan.user_agent);
    context["userAgentName"] = well_formed(agent.name);
    add_text(context, "userAgentVersion", agent.version);
    context["operatingSystemName"] = well_formed(agent.os_name);
    add_text(context, "operatingSystemFamily", agent.os_family);
    add_text(context, "operatingSystemVersion", agent.os_version);
    add_text(context, "operatingSystemProducer", agent.os_producer);
    add_text(context, "device", agent.device);
    add_text(context, "deviceType", facts::name(agent.agent_class.device));
    add_text(context, "language", facts::best_language(scan.accept_language).text());
    add_text(context, "referer", scan.referer);
    // Beyond the reference: which code was scanned, and what chose the page.
    add_text(context, "shortId", scan.short_id);
    if (scan.rule > 0) context["rule"] = scan.rule;
    context["bot"] = (scan.flags & scan::kBot) != 0;
    return context;
}

}  // namespace

std::string_view target_field(scan::ResourceType type) {
    switch (type) {
        case scan::ResourceType::product:
            return "product";
        case scan::ResourceType::collection:
            return "collection";
        case scan::ResourceType::place:
            return "place";
        default:
            return "thng";
    }
}

json::object default_scopes(std::string_view user, std::string_view project) {
    json::object scopes{{"users", json::array{user.empty() ? "all" : user}},
                        {"projects", json::array()}};
    if (!project.empty()) scopes["projects"] = json::array{project};
    return scopes;
}

json::object action_fields(const scan::Position& position, const scan::Scan& scan) {
    json::object action{
        {"id", scan::action_id(position)},
        {"createdAt", position.entry.ms},
        {"timestamp", scan.time_ms},
        {"type", scan.action_type.empty() ? scan::kImplicitScans : scan.action_type}};
    add_text(action, target_field(scan.resource_type), scan.evrythng_id);
    add_text(action, "product", scan.product);
    add_text(action, "user", scan.user);
    add_text(action, "createdByProject", scan.project);
    add_text(action, "createdByApp", scan.application);
    add_text(action, "createdByThng", scan.device);
    add_location(action, scan);
    add_json(action, "identifiers", scan.identifiers);
    add_json(action, "customFields", scan.custom_fields);
    add_json(action, "tags", scan.tags);
    if (scan.scopes.empty()) {
        action["scopes"] = default_scopes(scan.user, scan.project);
    } else {
        add_json(action, "scopes", scan.scopes);
    }
    add_reaction(action, scan);
    action["context"] = place_of(scan);
    return action;
}

json::object action_document(const scan::Position& position,
                             const scan::Scan& scan,
                             bool with_context,
                             facts::AgentFactsCache& agents) {
    json::object action = action_fields(position, scan);
    if (with_context) {
        action["context"] = whole_context(scan, agents);
    } else {
        action.erase("context");
    }
    return action;
}

}  // namespace redirector::api
