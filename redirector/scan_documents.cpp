// Facts that documents hold: of the thng and its product, the project and application that are
// asked, the user, the closest place.
#include "redirector/scan/partition.hpp"
#include "redirector/scan_facts.hpp"
#include "redirector/store/keyspace.hpp"

#include <algorithm>

namespace redirector {
namespace {

bool in_scope(const store::DocumentView& document, std::string_view project) {
    return project.empty() ||
           std::ranges::find(document.projects, project) != document.projects.end();
}

}  // namespace

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

bool ScanFacts::settle(const CachedRules& rules, rules::Slot slot, Known& known) {
    const auto wanted = std::ranges::find(rules.costly(), slot, &PlannedField::slot);
    bool lacking = false;
    for (const PlannedField& field : rules.costly()) {
        if (field.source != wanted->source) continue;
        context_.set_missing(field.slot);
        if (field.source == Source::user) {
            if (const auto* const user = user_document(known, lacking)) set_of_user(field, *user);
        } else if (field.source == Source::place) {
            if (const auto place = closest_place(known, lacking)) set_of_place(field, *place);
        }
    }
    return !lacking;
}

const store::DocumentView* ScanFacts::user_document(Known& known, bool& lacking) {
    return subject_.user == nullptr ? nullptr : document(subject_.user->id, known, lacking);
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

std::optional<ScanFacts::ClosePlace> ScanFacts::closest_place(Known& known, bool& lacking) {
    const facts::GeoFacts* const here = geo();
    if (here == nullptr || !here->has_coordinates) return std::nullopt;
    const store::PlaceQuestion point{std::string(subject_.account), here->latitude,
                                     here->longitude};
    const Known::ClosePlaces around = known.close_to(point);
    lacking |= around.state == Known::State::lacking;
    std::optional<ClosePlace> closest;
    for (const store::Nearby& nearby : around.list) {
        // The index and the document are read at different moments: it may be gone.
        const store::DocumentView* const place = document(nearby.id, known, lacking);
        const bool seen = place != nullptr && in_scope(*place, project_);
        if (seen && !closest) closest = {place, nearby.distance};
        // Without a scope the first will do. With one, all are loaded in the same trip.
        if (project_.empty() && (closest || lacking)) break;
    }
    return lacking ? std::nullopt : closest;
}

void ScanFacts::set_of_place(const PlannedField& field, const ClosePlace& place) {
    if (field.key == "id") {
        context_.set_text(field.slot, place.document->id);
    } else if (field.key == "distance") {
        context_.set_real(field.slot, place.distance);
    } else {
        set_member(field.slot, field.key, *place.document);
    }
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
