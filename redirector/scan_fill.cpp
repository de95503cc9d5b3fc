#include "redirector/scan_fill.hpp"

#include "redirector/scan_origin.hpp"

#include <utility>

namespace redirector {
namespace {

// Where a rule read the thng, the product is known already.
bool lacks_product(const scan::Scan& scan) {
    return scan.resource_type == scan::ResourceType::thng && scan.product.empty() &&
           !scan.evrythng_id.empty();
}

}  // namespace

ScanFill::ScanFill(Executor executor, store::RedisOptions options, const facts::GeoSource* geo)
    : redis_(std::move(executor), std::move(options)), policies_(redis_), products_(redis_) {
    if (geo != nullptr) geo_.emplace(*geo);
    redis_.start();
}

bool ScanFill::ready(const scan::Scan& scan) {
    return !lacks_product(scan) || products_.find(scan.account, scan.evrythng_id).has_value();
}

std::string_view ScanFill::complete(scan::Scan& scan) {
    if (lacks_product(scan))
        scan.product = products_.find(scan.account, scan.evrythng_id).value_or("");
    const facts::AgentClass agent = agents_.classify(scan.user_agent);
    if (agent.bot) scan.flags |= scan::kBot;
    fill_place(scan);
    const bool bot = (scan.flags & scan::kBot) != 0;
    return facts::name(bot ? facts::DeviceType::bot : agent.device);
}

void ScanFill::fill_place(scan::Scan& scan) {
    const bool placed = scan.coordinates.has_value() || !scan.country.empty();
    if (!geo_ || !scan.client_ip || placed) return;
    place_ = geo_->lookup(*scan.client_ip);
    describe_place(place_, scan);
}

std::optional<scan::Policy> ScanFill::policy(std::string_view account) const {
    const auto found = policies_.find(account);
    if (!found) return std::nullopt;
    return scan::Policy{found->count_bots};
}

Awaitable<bool> ScanFill::learn(std::vector<std::string> accounts) {
    const bool learnt = co_await policies_.learn(std::move(accounts));
    if (!learnt) co_return false;
    co_return co_await products_.learn();
}

}  // namespace redirector
