#include "redirector/scan_facts.hpp"

#include "redirector/scan/clock.hpp"
#include "redirector/scan/partition.hpp"
#include "redirector/store/keyspace.hpp"

#include <algorithm>

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
      time_ms_(scan::now_ms()) {}

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

bool ScanFacts::settle(const CachedRules& rules, rules::Slot slot, Known& known) {
    const auto wanted = std::ranges::find(rules.costly(), slot, &PlannedField::slot);
    const std::string_view id = subject_.user == nullptr ? std::string_view() : subject_.user->id;
    bool lacking = false;
    for (const PlannedField& field : rules.costly()) {
        if (field.source != wanted->source) continue;
        context_.set_missing(field.slot);
        if (field.source != Source::user) continue;
        if (const auto* const user = document(id, known, lacking)) set_of_user(field, *user);
    }
    return !lacking;
}

void ScanFacts::set(const PlannedField& field) {
    switch (field.source) {
        case Source::action_type:
            return context_.set_text(field.slot, scan::kImplicitScans);
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

void ScanFacts::set_application(std::string_view project, std::string_view application) {
    project_ = project;
    application_ = application;
}

// The ID of the document that a field is read from; empty when the scan has none.
std::string_view ScanFacts::document_id(Source source, Known& known, bool& lacking) {
    const store::ResourceType type = subject_.type;
    switch (source) {
        case Source::thng:
            return type == store::ResourceType::thng ? subject_.evrythng_id : std::string_view();
        case Source::project:
            return project_;
        case Source::application:
            return application_;
        default:
            break;
    }
    if (type == store::ResourceType::product) return subject_.evrythng_id;
    if (type != store::ResourceType::thng) return {};
    const store::DocumentView* const thng = document(subject_.evrythng_id, known, lacking);
    if (thng != nullptr) product_ = thng->product;
    return product_;
}

const store::DocumentView* ScanFacts::document(std::string_view id, Known& known, bool& lacking) {
    if (id.empty()) return nullptr;
    const std::string key = store::keyspace::document(subject_.account, scan::bucket_of(id), id);
    const Known::Document found = known.find(key);
    lacking |= found.state == Known::State::lacking;
    if (found.state != Known::State::present) return nullptr;
    return &found.as<store::CachedDocument>().view();
}

bool ScanFacts::set_from_document(const PlannedField& field, Known& known) {
    bool lacking = false;
    const std::string_view id = document_id(field.source, known, lacking);
    if (field.key == "id") {
        if (!id.empty()) context_.set_text(field.slot, id);
    } else if (const store::DocumentView* const view = document(id, known, lacking)) {
        set_member(field.slot, field.key, *view);
    }
    return !lacking;
}

void ScanFacts::set_of_user(const PlannedField& field, const store::DocumentView& user) {
    if (field.key == "gender") {
        if (!user.gender.empty()) context_.set_text(field.slot, user.gender);
    } else if (field.key == "locale") {
        if (!user.locale.empty()) context_.set_text(field.slot, user.locale);
    } else if (field.key == "age") {
        if (const auto age = age_of(user)) context_.set_integer(field.slot, *age);
    } else {
        set_member(field.slot, field.key, user);
    }
}

std::optional<std::int64_t> ScanFacts::age_of(const store::DocumentView& user) {
    if (!user.birth_year) return std::nullopt;
    const facts::LocalTime& today = local_time();
    const auto birthday = std::pair(user.birth_month.value_or(1), user.birth_day.value_or(1));
    const std::pair<std::int64_t, std::int64_t> now(today.month, today.day_of_month);
    const std::int64_t age = today.year - *user.birth_year - (now < birthday ? 1 : 0);
    return age < 0 ? std::nullopt : std::optional(age);
}

void ScanFacts::set_member(rules::Slot slot,
                           std::string_view member,
                           const store::DocumentView& view) {
    constexpr std::string_view kIdentifiers = "identifiers.";
    constexpr std::string_view kCustomFields = "customFields.";
    if (member == "name") {
        if (!view.name.empty()) context_.set_text(slot, view.name);
    } else if (member == "description") {
        if (!view.description.empty()) context_.set_text(slot, view.description);
    } else if (member == "tags") {
        tags_.assign(view.tags.begin(), view.tags.end());
        if (!tags_.empty()) context_.set_texts(slot, tags_);
    } else if (member.starts_with(kIdentifiers)) {
        const std::string* const text = view.identifier(member.substr(kIdentifiers.size()));
        if (text != nullptr) context_.set_text(slot, *text);
    } else if (member.starts_with(kCustomFields)) {
        const rules::Value* const value = view.custom_field(member.substr(kCustomFields.size()));
        if (value != nullptr) context_.set(slot, *value);
    }
}

}  // namespace redirector
