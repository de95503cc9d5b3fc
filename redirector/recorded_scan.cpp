#include "redirector/recorded_scan.hpp"

#include "redirector/store/document_view.hpp"
#include "redirector/store/documents.hpp"

#include <string>

namespace redirector {
namespace {

void set(Request& request, Field field, std::string_view text) {
    request.fields[static_cast<std::size_t>(field)] = text;
}

store::ResourceType target_type(scan::ResourceType type) {
    switch (type) {
        case scan::ResourceType::product:
            return store::ResourceType::product;
        case scan::ResourceType::collection:
            return store::ResourceType::collection;
        case scan::ResourceType::place:
            return store::ResourceType::place;
        case scan::ResourceType::thng:
        case scan::ResourceType::unknown:
            break;
    }
    return store::ResourceType::thng;
}

facts::GeoFacts where_of(const scan::Scan& scan, const facts::ZoneCatalog& zones) {
    facts::GeoFacts where;
    where.country = facts::CountryCode::from(scan.country);
    where.zone = zones.find(scan.time_zone);
    where.has_coordinates = scan.coordinates.has_value();
    if (scan.coordinates) {
        where.latitude = scan.coordinates->latitude;
        where.longitude = scan.coordinates->longitude;
    }
    return where;
}

}  // namespace

RecordedScan::RecordedScan(const scan::Scan& scan,
                           std::string_view default_url,
                           const facts::ZoneCatalog& zones)
    : user_{api::KeyType::user, std::string(scan.account), std::string(scan.user),
            std::string(scan.project), std::string(scan.application)},
      where_(where_of(scan, zones)) {
    set(request_, Field::user_agent, scan.user_agent);
    set(request_, Field::referer, scan.referer);
    set(request_, Field::accept_language, scan.accept_language);
    if (scan.client_ip) request_.peer = *scan.client_ip;
    if (!scan.custom_fields.empty()) {
        const std::string fields = R"({"customFields":)" + std::string(scan.custom_fields) + "}";
        action_ = store::decode_cached_document({}, store::encode_document("action", fields));
    }
    subject_.account = scan.account;
    subject_.short_id = scan.short_id;
    subject_.type = target_type(scan.resource_type);
    subject_.evrythng_id = scan.evrythng_id;
    subject_.default_url = default_url;
    if (!scan.user.empty()) subject_.user = &user_;
    if (!scan.action_type.empty()) subject_.action_type = scan.action_type;
    if (action_) subject_.action = &static_cast<const store::CachedDocument&>(*action_).view();
    subject_.time_ms = scan.time_ms;
    subject_.where = &where_;
}

}  // namespace redirector
