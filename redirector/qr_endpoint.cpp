#include "redirector/qr_endpoint.hpp"

#include "qr/cost.hpp"
#include "qr/render.hpp"
#include "redirector/api/errors.hpp"
#include "redirector/api/query.hpp"
#include "redirector/cached_logo.hpp"
#include "redirector/drawing_pools.hpp"
#include "redirector/known.hpp"
#include "redirector/logo_codes.hpp"
#include "redirector/metrics.hpp"
#include "redirector/negotiate.hpp"
#include "redirector/pages.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/store/redirection.hpp"
#include "redirector/unknown_ids.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
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

// A logo may change, so caches ask each time; the answer is 304 while it has not.
constexpr std::string_view kLogoCacheControl = "public, no-cache";

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
    bool logo = false;  // the account's, which its style lacks until it is found
};

// What only the service knows of.
bool* find_switch(Wanted& wanted, std::string_view name) {
    if (name == "download") return &wanted.download;
    if (name == "logo") return &wanted.logo;
    return nullptr;
}

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
        bool* const switched = find_switch(wanted, name);
        if (switched == nullptr) {
            parameters.emplace_back(name, value);
            continue;
        }
        const auto on = qr::parse_switch(name, value);
        if (!on) {
            refuse(api::Code::invalid_parameter, std::string(name), on.error().message, reply);
            return std::nullopt;
        }
        *switched = *on;
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

// The fields of an answer whose style is complete; true if that is all, since the client has the
// image.
bool add_fields(const Request& request,
                const QrPath& path,
                const Wanted& wanted,
                const std::string& payload,
                Reply& reply) {
    const std::string etag = qr::etag(payload, wanted.style, wanted.format);
    reply.add("ETag", etag);
    reply.add("Cache-Control", wanted.logo ? kLogoCacheControl : kCacheControl);
    if (!path.format) reply.add("Vary", "Accept");
    if (!etag_matches(request.field(Field::if_none_match), etag)) return false;
    reply.status = 304;
    return true;
}

void add_image(const QrPath& path, const Wanted& wanted, std::string image, Reply& reply) {
    reply.body = std::move(image);
    reply.content_type = qr::media_type(wanted.format);
    if (wanted.download) {
        reply.add("Content-Disposition",
                  "attachment; filename=\"" +
                      std::string(path.short_id).append(".").append(qr::name_of(wanted.format)) +
                      "\"");
    }
}

// What a thread draws, this one or another.
struct Drawing {
    std::string payload;
    Wanted wanted;
    std::string image;
    std::optional<DrawingProblem> problem;

    void draw() { problem = draw_readable(payload, wanted.style, wanted.format, image); }
};

// False: too many wait for their turn.
Awaitable<bool> draw(std::shared_ptr<Drawing> drawing, DrawingPools& pools) {
    const qr::Style& style = drawing->wanted.style;
    const bool quick =
        !style.logo &&
        qr::drawing_cost(drawing->payload, style, drawing->wanted.format) <= DrawingPools::kQuick;
    if (quick) {
        drawing->draw();
        co_return true;
    }
    WorkerPool& pool = style.logo ? pools.images : pools.codes;
    std::function<void()> work = [drawing, &pools] {
        drawing->draw();
        pools.drawn.fetch_add(1, std::memory_order_relaxed);
    };
    const bool ran = co_await pool.run(std::move(work));
    co_return ran;
}

Awaitable<void> answer_drawing(const Request& request,
                               const QrPath& path,
                               const Wanted& wanted,
                               Services& services,
                               Reply& reply) {
    const auto drawing = std::make_shared<Drawing>();
    drawing->payload = qr_payload(services.config, path.short_id);
    drawing->wanted = wanted;
    if (add_fields(request, path, wanted, drawing->payload, reply)) co_return;
    const bool ran = co_await draw(drawing, services.drawing);
    if (ran && !drawing->problem) {
        add_image(path, wanted, std::move(drawing->image), reply);
        co_return;
    }
    reply.clear();
    if (!ran) {
        refuse(api::Code::unavailable, "", "too many pictures are being drawn; try again", reply);
        co_return;
    }
    const auto& [problem, unreadable] = *drawing->problem;
    refuse(unreadable ? api::Code::unprocessable : api::Code::invalid_parameter, problem.parameter,
           problem.message, reply);
}

// Whether the redirection is there; fills in its account's logo where one is wanted and there is
// one.
Known::State look_up(Known& known, std::string_view short_id, Wanted& wanted) {
    const auto redirection = known.find(store::keyspace::redirection(short_id));
    if (redirection.state != Known::State::present || !wanted.logo) return redirection.state;
    const auto& found = redirection.as<store::CachedRedirection>();
    const auto logo = known.find(logo_key(found.account()));
    if (logo.state == Known::State::present) wanted.style.logo = logo.as<CachedLogo>().logo();
    return logo.state == Known::State::absent ? Known::State::present : logo.state;
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
    auto wanted = read_wanted(request, path, reply);
    if (!wanted) {
        reply.add("Access-Control-Allow-Origin", "*");
        services.metrics.answered(Outcome::refused, std::chrono::steady_clock::now() - start);
        co_return;
    }
    const auto attempt = [&](Known& known) {
        const auto state = look_up(known, path.short_id, *wanted);
        if (state == Known::State::lacking) return false;
        if (state == Known::State::absent) outcome = Outcome::not_found;
        if (state == Known::State::unreachable) outcome = Outcome::unavailable;
        return true;
    };
    const bool answered = co_await answer_loading(services, attempt);
    if (!answered || outcome == Outcome::unavailable) {
        pages::refuse(request, 503, "This short URL cannot be looked up right now", reply);
    } else if (outcome == Outcome::not_found) {
        outcome = refuse_unknown(request, services, reply);
    } else if (wanted->logo && !wanted->style.logo) {
        refuse(api::Code::invalid_parameter, "logo", "logo is 1, but the account has none", reply);
    } else {
        co_await answer_drawing(request, path, *wanted, services, reply);
    }
    reply.add("Access-Control-Allow-Origin", "*");
    services.metrics.answered(outcome, std::chrono::steady_clock::now() - start);
}

Awaitable<void> draw_created(const Request& request,
                             std::string_view short_id,
                             Services& services,
                             Reply& reply) {
    const auto drawing = std::make_shared<Drawing>();
    drawing->payload = qr_payload(services.config, short_id);
    if (const auto format = negotiate_format(request)) drawing->wanted.format = *format;
    const bool ran = co_await draw(drawing, services.drawing);
    // A domain too long for 95 pixels: the document has to do.
    if (!ran || drawing->problem) co_return;
    reply.body = std::move(drawing->image);
    reply.content_type = qr::media_type(drawing->wanted.format);
    // Clients read the short URL from the second part of this field.
    reply.add("Content-Disposition",
              "inline; filename=\"" + services.config.short_url(short_id) + "\"");
}

}  // namespace redirector
