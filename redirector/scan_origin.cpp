#include "redirector/scan_origin.hpp"

#include "redirector/config.hpp"
#include "redirector/scan/ip_privacy.hpp"

namespace redirector {

void describe_client(const Request& request,
                     const Config& config,
                     const IpAddress& client,
                     scan::Scan& scan) {
    scan.client_ip = scan::make_private(client, config.ip_privacy);
    scan.user_agent = request.field(Field::user_agent);
    scan.referer = request.field(Field::referer);
    scan.accept_language = request.field(Field::accept_language);
    if (request.field(Field::dnt) == "1" || request.field(Field::sec_gpc) == "1")
        scan.flags |= scan::kDoNotTrack;
}

void describe_place(const facts::GeoFacts& place, scan::Scan& scan) {
    scan.country = place.country.text();
    scan.region = place.region;
    scan.city = place.city;
    if (place.zone != nullptr) scan.time_zone = facts::name(*place.zone);
    if (place.has_coordinates) scan.coordinates = {place.latitude, place.longitude};
}

}  // namespace redirector
