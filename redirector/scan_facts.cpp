#include "redirector/scan_facts.hpp"

#include "redirector/scan/clock.hpp"

namespace redirector {
namespace {

// FNV-1a, 64 bits (draft-eastlake-fnv-21): good enough to split traffic, the same on every node and
// in every release.
std::uint64_t mix(std::uint64_t hash, std::string_view bytes) {
    for (const char c : bytes)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

// splitmix64's finaliser: FNV's high bits are weak for short input.
std::uint64_t finish(std::uint64_t hash) {
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
    return hash ^ (hash >> 31);
}

}  // namespace

ScanFacts::ScanFacts(const Request& request,
                     const Subject& subject,
                     const facts::TrustedProxies& proxies,
                     ThreadFacts& thread)
    : request_(request),
      subject_(subject),
      proxies_(proxies),
      thread_(thread),
      context_(thread.context),
      time_ms_(subject.time_ms > 0 ? subject.time_ms : scan::now_ms()) {}

const IpAddress& ScanFacts::client() {
    if (!client_) client_ = facts::client_address(request_, proxies_);
    return *client_;
}

const facts::AgentClass& ScanFacts::agent() {
    if (!agent_) {
        agent_ = thread_.agents.classify(request_.field(Field::user_agent));
        thread_.agents_classified.add();
    }
    return *agent_;
}

const facts::GeoFacts* ScanFacts::geo() {
    if (subject_.where != nullptr) return subject_.where;
    if (!geo_ && thread_.geo) {
        geo_ = thread_.geo->lookup(client());
        thread_.geo_lookups.add();
    }
    return geo_ ? &*geo_ : nullptr;
}

const facts::Zone& ScanFacts::zone() {
    const facts::GeoFacts* const place = geo();
    return place != nullptr && place->zone != nullptr ? *place->zone : thread_.zones.utc();
}

const facts::LocalTime& ScanFacts::local_time() {
    if (!local_time_) {
        const facts::Instant instant{std::chrono::milliseconds(time_ms_)};
        local_time_ = thread_.clock.at(zone(), instant);
        thread_.local_times.add();
    }
    return *local_time_;
}

bool ScanFacts::fill(const CachedRules& rules, Known& known) {
    context_.begin(rules.ruleset().fields());
    bool complete = true;
    for (const PlannedField& field : rules.plan()) {
        if (field.source >= Source::thng) {
            complete = set_from_document(field, known) && complete;
        } else {
            set(field);
        }
    }
    return complete;
}

void ScanFacts::set(const PlannedField& field) {
    switch (field.source) {
        case Source::action_type:
            return context_.set_text(field.slot, subject_.action_type);
        case Source::action_field:
            if (subject_.action == nullptr) return;
            if (const auto* const value = subject_.action->custom_field(field.key))
                context_.set(field.slot, *value);
            return;
        case Source::referer:
            if (const auto referer = request_.field(Field::referer); !referer.empty()) {
                context_.set_text(field.slot, referer);
            }
            return;
        case Source::language: {
            // `begin` forgets texts, so that the letters must live as long as this.
            language_ = facts::best_language(request_.field(Field::accept_language));
            if (language_.size > 0) context_.set_text(field.slot, language_.text());
            return;
        }
        case Source::query:
            return set_query(field);
        case Source::random:
            return set_random(field);
        case Source::device_type:
        case Source::device_os:
        case Source::browser:
        case Source::bot:
            return set_agent(field);
        default:
            return set_place_and_time(field);
    }
}

void ScanFacts::set_place_and_time(const PlannedField& field) {
    const rules::Slot slot = field.slot;
    switch (field.source) {
        case Source::time:
            return context_.set_integer(slot, static_cast<std::int64_t>(time_ms_));
        case Source::time_of_day:
            return context_.set_integer(slot, local_time().since_midnight.count());
        case Source::day_of_week:
            return context_.set_text(slot, facts::name(local_time().day_of_week));
        case Source::day_of_month:
            return context_.set_integer(slot, local_time().day_of_month);
        case Source::month:
            return context_.set_integer(slot, local_time().month);
        case Source::year:
            return context_.set_integer(slot, local_time().year);
        case Source::timezone:
            return context_.set_text(slot, facts::name(zone()));
        default:
            break;
    }
    const facts::GeoFacts* const place = geo();
    if (place == nullptr) return;
    if (field.source == Source::country) {
        if (place->country.known()) context_.set_text(slot, place->country.text());
    } else if (place->has_coordinates) {
        const double degrees =
            field.source == Source::latitude ? place->latitude : place->longitude;
        context_.set_real(slot, degrees);
    }
}

void ScanFacts::set_agent(const PlannedField& field) {
    const facts::AgentClass& client = agent();
    std::string_view text;
    if (field.source == Source::device_type) text = facts::name(client.device);
    if (field.source == Source::device_os) text = facts::name(client.os);
    if (field.source == Source::browser) text = facts::name(client.browser);
    if (field.source == Source::bot) text = client.bot ? "true" : "false";
    if (!text.empty()) context_.set_text(field.slot, text);
}

void ScanFacts::set_query(const PlannedField& field) {
    if (!query_) query_.emplace(request_.query);
    if (const auto value = query_->find(field.key)) context_.set_text(field.slot, *value);
}

// The same source scanning the same code falls on the same side of a split, and on independent
// sides for other codes.
void ScanFacts::set_random(const PlannedField& field) {
    const IpAddress& address = client();
    std::uint64_t hash =
        mix(0xcbf29ce484222325, {reinterpret_cast<const char*>(address.data()), address.size()});
    hash = finish(mix(mix(hash, request_.field(Field::user_agent)), subject_.short_id));
    context_.set_real(field.slot, static_cast<double>(hash >> 11) * 0x1p-53 * 100);
}

}  // namespace redirector
