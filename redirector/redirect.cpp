#include "redirector/redirect.hpp"

#include "redirector/config.hpp"
#include "redirector/known.hpp"
#include "redirector/known_user.hpp"
#include "redirector/metrics.hpp"
#include "redirector/pages.hpp"
#include "redirector/resolve.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/scan/spool.hpp"
#include "redirector/scan_origin.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/store/redirection.hpp"
#include "redirector/unknown_ids.hpp"

#include <chrono>

namespace redirector {
namespace {

using Clock = std::chrono::steady_clock;

scan::ResourceType recorded_type(store::ResourceType type) {
    switch (type) {
        case store::ResourceType::thng:
            return scan::ResourceType::thng;
        case store::ResourceType::product:
            return scan::ResourceType::product;
        case store::ResourceType::collection:
            return scan::ResourceType::collection;
        case store::ResourceType::place:
            return scan::ResourceType::place;
    }
    return scan::ResourceType::unknown;
}

// Leaves the implicitScans action behind; false when the spool is full and its policy is not to
// answer then.
bool record(const Request& request,
            const Subject& subject,
            const Target& target,
            ScanFacts& facts,
            Services& services) {
    scan::Scan scan;
    scan.time_ms = facts.time_ms();
    scan.account = subject.account;
    scan.short_id = subject.short_id;
    scan.evrythng_id = subject.evrythng_id;
    scan.resource_type = recorded_type(subject.type);
    if (subject.user != nullptr) scan.user = subject.user->id;
    describe_client(request, services.config, facts.client(), scan);
    scan.reaction_level = target.level;
    scan.rule = target.rule;
    scan.product = facts.product();
    scan.redirect_url = target.url;
    scan.reaction_context = target.context;
    scan.project = target.project;
    scan.application = target.application;
    // Whether it is a bot, and where it is, is found out behind the answer (scan_fill.hpp).
    if (services.config.honour_dnt && (scan.flags & scan::kDoNotTrack) != 0) {
        // The agent is not kept, so what it is must be found out now.
        if (facts.agent().bot) scan.flags |= scan::kBot;
        scan::leave_out_person(scan);
    }
    const scan::Appended appended = services.scans.append(scan);
    if (appended == scan::Appended::stored) {
        services.metrics.scans_recorded.add();
    } else if (appended == scan::Appended::dropped) {
        services.metrics.scans_dropped.add();
    }
    return appended != scan::Appended::refused;
}

void write_redirect(const Config& config, std::string_view target, Reply& reply) {
    reply.status = config.redirect_status;
    reply.add("Location", target);
    const bool temporary = config.redirect_status != 301 && config.redirect_status != 308;
    if (temporary) {
        reply.add("Cache-Control", "private, no-store");
    } else {
        reply.add("Vary",
                  "Accept");  // JSON is another answer than the redirect that a cache may keep
    }
}

// Answers with what is known; false when something is lacking.
bool answer(const Request& request,
            std::string_view short_id,
            Services& services,
            Known& known,
            Reply& reply,
            Outcome& outcome) {
    const Known::Document found = known.find(store::keyspace::RedirectionKey(short_id));
    switch (found.state) {
        case Known::State::lacking:
            return false;
        case Known::State::absent:
            outcome = refuse_unknown(request, services, reply);
            return true;
        case Known::State::unreachable:
            outcome = Outcome::unavailable;
            pages::refuse(request, 503, "This short URL cannot be looked up right now", reply);
            return true;
        case Known::State::present:
            break;
    }
    const auto& redirection = found.as<store::CachedRedirection>();
    const KnownUser user = find_user(request, redirection.account(), known);
    if (user.lacking) return false;
    const Subject subject{redirection.account(), short_id,
                          redirection.type(),    redirection.evrythng_id(),
                          redirection.target(),  user.actor};
    ScanFacts facts(request, subject, services.config.trust_proxy, services.facts);
    Target target;
    if (resolve(subject, facts, known, services.facts, target) == Resolved::lacking) return false;
    // HEAD asks where a GET would lead; nobody has scanned anything.
    if (request.method == Method::get && !record(request, subject, target, facts, services)) {
        outcome = Outcome::unavailable;
        pages::refuse(request, 503, "This scan cannot be recorded right now", reply);
        return true;
    }
    outcome = Outcome::redirect;
    services.metrics.decided(target.decided);
    write_redirect(services.config, target.url, reply);
    return true;
}

}  // namespace

bool attempt_redirect(const Request& request,
                      std::string_view short_id,
                      Services& services,
                      Reply& reply) {
    const auto start = Clock::now();
    Known known(services, start);
    Outcome outcome;
    if (!answer(request, short_id, services, known, reply, outcome)) return false;
    services.metrics.answered(outcome, Clock::now() - start);
    return true;
}

Awaitable<void> redirect(const Request& request,
                         std::string_view short_id,
                         Services& services,
                         Reply& reply) {
    const auto start = Clock::now();
    Outcome outcome = Outcome::unavailable;
    const auto attempt = [&](Known& known) {
        return answer(request, short_id, services, known, reply, outcome);
    };
    const bool answered = co_await answer_loading(services, attempt);
    if (!answered)
        pages::refuse(request, 503, "This short URL cannot be looked up right now", reply);
    services.metrics.answered(outcome, Clock::now() - start);
}

}  // namespace redirector
