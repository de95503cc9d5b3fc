// What the stored action needs and the answer does not: where a scan came from, whether a bot sent
// it, which product its thng is one of, and whether its account counts bots. Worked out between
// spool and Redis.
// Shape:   the place is that of the address as the record keeps it (--ip-privacy).
// Threads: the shipper's.
// Source:  contract 4.5.
#pragma once

#include "redirector/facts/agent_class.hpp"
#include "redirector/facts/geo.hpp"
#include "redirector/scan/enrichment.hpp"
#include "redirector/store/account_policies.hpp"
#include "redirector/store/redis_client.hpp"
#include "redirector/store/thng_products.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector {

class ScanFill final : public scan::Enrichment {
  public:
    // `geo` (null without --geoip) outlives this. Connects to the Redis of documents at once.
    ScanFill(Executor executor, store::RedisOptions options, const facts::GeoSource* geo);

    bool ready(const scan::Scan& scan) override;
    std::string_view complete(scan::Scan& scan) override;
    std::optional<scan::Policy> policy(std::string_view account) const override;
    Awaitable<bool> learn(std::vector<std::string> accounts) override;

    void stop() { redis_.stop(); }

  private:
    void fill_place(scan::Scan& scan);

    store::RedisClient redis_;
    store::AccountPolicies policies_;
    store::ThngProducts products_;
    std::optional<facts::GeoReader> geo_;
    facts::AgentClassCache agents_;
    facts::GeoFacts place_;  // of the last scan
};

}  // namespace redirector
