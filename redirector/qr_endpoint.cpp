#include "redirector/qr_endpoint.hpp"

#include "qr/render.hpp"
#include "redirector/api/errors.hpp"
#include "redirector/api/query.hpp"
#include "redirector/known.hpp"
#include "redirector/metrics.hpp"
#include "redirector/negotiate.hpp"
#include "redirector/pages.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace redirector {
namespace {

// Media types in the order of qr::kFormats.
std::array<std::string_view, qr::kFormats.size()> media_types() {
    std::array<std::string_view, qr::kFormats.size()> types;
    std::ranges::transform(qr::kFormats, types.begin(),
                           [](const qr::FormatName& f) { return qr::media_type(f.format); });
    return types;
}

std::optional<qr::Format> negotiate_format(const Request& request) {
    const auto chosen = negotiate(request.field(Field::accept), media_types());
    if (!chosen) return std::nullopt;
    return qr::kFormats[*chosen].format;
}

// The code of a short ID never changes: it says where to ask, not what the answer is.
constexpr std::string_view kCacheControl = "public, max-age=86400";

void refuse(api::Code code, std::string field, std::string message, Reply& reply) {
    const std::string guid = store::new_guid();
    const api::Problem problem{code, std::move(field), std::move(message)};
    api::write_problems({&problem, 1}, guid, reply);
    reply.add("X-Request-Id", guid);
}

struct Wanted {
    qr::Format format = qr::Format::png;
    qr::Style style;
    bool download = false;
};

// Reads format and parameters; answers the refusal itself when there is one.
std::optional<Wanted> read_wanted(const Request& request, const QrPath& path, Reply& reply) {
    Wanted wanted;
    if (path.format) {
        wanted.format = *path.format;
    } else if (const auto format = negotiate_format(request)) {
        wanted.format = *format;
    } else {
        refuse(api::Code::not_acceptable, "Accept",
               "served are image/png, image/svg+xml, application/pdf and application/postscript",
               reply);
        return std::nullopt;
    }
    const api::Query query(request.query);
    std::vector<qr::Parameter> parameters;
    for (const auto& [name, value] : query.all()) {
        if (name != "download") {
            parameters.emplace_back(name, value);
        } else if (value == "0" || value == "1") {
            wanted.download = value == "1";
        } else {
            refuse(api::Code::invalid_parameter, "download", "download must be 0 or 1", reply);
            return std::nullopt;
        }
    }
    const auto style = qr::parse_style(parameters, path.short_id);
    if (!style) {
        refuse(api::Code::invalid_parameter, style.error().parameter, style.error().message, reply);
        return std::nullopt;
    }
    wanted.style = *style;
    return wanted;
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
    return if_none_match == "*" || if_none_match.find(etag) != if_none_match.npos;
}

void draw(const Request& request,
          const QrPath& path,
          const Wanted& wanted,
          const Config& config,
          Reply& reply) {
    const std::string payload = qr_payload(config, path.short_id);
    const std::string etag = qr::etag(payload, wanted.style, wanted.format);
    reply.add("ETag", etag);
    reply.add("Cache-Control", kCacheControl);
    if (!path.format) reply.add("Vary", "Accept");
    if (etag_matches(request.field(Field::if_none_match), etag)) {
        reply.status = 304;
        return;
    }
    const auto drawn = qr::draw(payload, wanted.style, wanted.format, reply.body);
    if (!drawn) {
        reply.clear();
        refuse(api::Code::invalid_parameter, drawn.error().parameter, drawn.error().message, reply);
        return;
    }
    reply.content_type = qr::media_type(wanted.format);
    if (wanted.download) {
        reply.add("Content-Disposition",
                  "attachment; filename=\"" +
                      std::string(path.short_id).append(".").append(qr::name_of(wanted.format)) +
                      "\"");
    }
}

}  // namespace

std::optional<QrPath> qr_path(std::string_view path) {
    constexpr std::string_view kRedirections = "/redirections/";
    path.remove_prefix(path.starts_with(kRedirections) ? kRedirections.size() : 1);
    const auto dot = path.rfind('.');
    if (dot == path.npos || !store::is_short_id(path.substr(0, dot))) return std::nullopt;
    const std::string_view suffix = path.substr(dot + 1);
    if (suffix == "qr") return QrPath{path.substr(0, dot), std::nullopt};
    const auto* const format = std::ranges::find(qr::kFormats, suffix, &qr::FormatName::name);
    if (format == qr::kFormats.end()) return std::nullopt;
    return QrPath{path.substr(0, dot), format->format};
}

std::string qr_payload(const Config& config, std::string_view short_id) {
    std::string payload = config.short_url_scheme + "://";
    for (const char c : config.short_domain)
        payload += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return payload.append("/").append(short_id);
}

Awaitable<void> answer_qr(const Request& request, QrPath path, Services& services, Reply& reply) {
    const auto start = std::chrono::steady_clock::now();
    Outcome outcome = Outcome::qr;
    const auto wanted = read_wanted(request, path, reply);
    if (!wanted) {
        reply.add("Access-Control-Allow-Origin", "*");
        services.metrics.answered(Outcome::refused, std::chrono::steady_clock::now() - start);
        co_return;
    }
    const std::string key = store::keyspace::redirection(path.short_id);
    const auto attempt = [&](Known& known) {
        const Known::State state = known.find(key).state;
        if (state == Known::State::lacking) return false;
        if (state == Known::State::present) draw(request, path, *wanted, services.config, reply);
        if (state == Known::State::absent) outcome = Outcome::not_found;
        if (state == Known::State::unreachable) outcome = Outcome::unavailable;
        return true;
    };
    const bool answered = co_await answer_loading(services, attempt);
    if (outcome == Outcome::not_found)
        pages::refuse(request, 404, "Nothing is behind this short URL", reply);
    if (!answered || outcome == Outcome::unavailable) {
        pages::refuse(request, 503, "This short URL cannot be looked up right now", reply);
    }
    reply.add("Access-Control-Allow-Origin", "*");
    services.metrics.answered(outcome, std::chrono::steady_clock::now() - start);
}

void draw_created(const Request& request,
                  std::string_view short_id,
                  const Config& config,
                  Reply& reply) {
    Wanted wanted;
    if (const auto format = negotiate_format(request)) wanted.format = *format;
    std::string image;
    const auto drawn = qr::draw(qr_payload(config, short_id), wanted.style, wanted.format, image);
    if (!drawn) return;  // a domain too long for 95 pixels: the document has to do
    reply.body = std::move(image);
    reply.content_type = qr::media_type(wanted.format);
    // Clients read the short URL from the second part of this field.
    reply.add("Content-Disposition", "inline; filename=\"" + config.short_url(short_id) + "\"");
}

}  // namespace redirector
