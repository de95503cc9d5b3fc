#include "redirector/scan_fill.hpp"

#include <utility>

namespace redirector {

ScanFill::ScanFill(Executor executor, store::RedisOptions options, const facts::GeoSource* geo)
    : redis_(std::move(executor), std::move(options)), policies_(redis_) {
    if (geo != nullptr) geo_.emplace(*geo);
    redis_.start();
}

void ScanFill::complete(scan::Scan& scan) {
    if (!scan.user_agent.empty() && agents_.classify(scan.user_agent).bot) scan.flags |= scan::kBot;
    const bool placed = scan.coordinates.has_value() || !scan.country.empty();
    if (!geo_ || !scan.client_ip || placed) return;
    const facts::GeoFacts place = geo_->lookup(*scan.client_ip);
    // Its code is part of the facts, which live on this stack alone.
    country_ = place.country;
    scan.country = country_.text();
    scan.region = place.region;
    scan.city = place.city;
    if (place.zone != nullptr) scan.time_zone = facts::name(*place.zone);
    if (place.has_coordinates) scan.coordinates = {place.latitude, place.longitude};
}

std::optional<scan::Policy> ScanFill::policy(std::string_view account) const {
    const auto found = policies_.find(account);
    if (!found) return std::nullopt;
    return scan::Policy{found->count_bots};
}

Awaitable<bool> ScanFill::learn(std::vector<std::string> accounts) {
    co_return co_await policies_.learn(std::move(accounts));
}

}  // namespace redirector
