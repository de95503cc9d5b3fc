#include "redirector/api/action_lines.hpp"

#include "redirector/api/action_document.hpp"
#include "redirector/facts/address.hpp"
#include "redirector/facts/language.hpp"
#include "rules/utf8.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace redirector::api {
namespace {

void append_cell(std::string_view text, std::string& out) {
    constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
    if (out.empty() || out.back() != '\n') out += ',';
    const bool quoted = text.find_first_of(",\"\r\n") != text.npos;
    if (quoted) out += '"';
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = rules::utf8_length(text, at);
        if (text[at] == '"') out += '"';
        out.append(length > 0 ? text.substr(at, length) : kReplacement);
        at += std::max<std::size_t>(length, 1);
    }
    if (quoted) out += '"';
}

void append_cell(double number, std::string& out) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    append_cell(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())),
                out);
}

}  // namespace

std::string_view type_of(const scan::Scan& scan) {
    return scan.action_type.empty() ? scan::kImplicitScans : scan.action_type;
}

void append_action_json(const scan::Position& position,
                        const scan::Scan& scan,
                        facts::AgentFactsCache& agents,
                        std::string& out) {
    out.append(boost::json::serialize(action_document(position, scan, true, agents))).append("\n");
}

std::string_view action_csv_header() {
    return "id,type,createdAt,timestamp,shortId,targetType,target,product,redirectUrl,rule,user,"
           "project,application,ipAddress,countryCode,region,city,timeZone,latitude,longitude,"
           "userAgent,userAgentName,operatingSystemName,deviceType,language,referer,bot\r\n";
}

void append_action_csv(const scan::Position& position,
                       const scan::Scan& scan,
                       facts::AgentFactsCache& agents,
                       std::string& out) {
    std::string line = "\n";  // so that the first cell has no comma before it
    const facts::AgentFacts& agent = agents.facts(scan.user_agent);
    const auto cell = [&line](std::string_view text) { append_cell(text, line); };
    cell(scan::action_id(position));
    cell(type_of(scan));
    cell(std::to_string(position.entry.ms));
    cell(std::to_string(scan.time_ms));
    cell(scan.short_id);
    cell(scan.evrythng_id.empty() ? std::string_view() : target_field(scan.resource_type));
    cell(scan.evrythng_id);
    cell(scan.product);
    cell(scan.redirect_url);
    cell(scan.rule > 0 ? std::to_string(scan.rule) : std::string());
    cell(scan.user);
    cell(scan.project);
    cell(scan.application);
    cell(scan.client_ip ? facts::address_text(*scan.client_ip) : std::string());
    cell(scan.country);
    cell(scan.region);
    cell(scan.city);
    cell(scan.time_zone);
    for (const double scan::Coordinates::*degrees :
         {&scan::Coordinates::latitude, &scan::Coordinates::longitude}) {
        if (scan.coordinates) {
            append_cell((*scan.coordinates).*degrees, line);
        } else {
            cell({});
        }
    }
    cell(scan.user_agent);
    cell(agent.name);
    cell(agent.os_name);
    cell(facts::name(agent.agent_class.device));
    cell(facts::best_language(scan.accept_language).text());
    cell(scan.referer);
    cell((scan.flags & scan::kBot) != 0 ? "true" : "false");
    out.append(line, 1).append("\r\n");
}

}  // namespace redirector::api
