// What an I/O thread needs to find out facts of a scan: readers and small caches of its own.
// Threads: one per I/O thread.
#pragma once

#include "redirector/counter.hpp"
#include "redirector/facts/agent_class.hpp"
#include "redirector/facts/geo.hpp"
#include "redirector/facts/timezone.hpp"
#include "redirector/facts/user_agent.hpp"
#include "rules/context.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redirector {

struct ThreadFacts {
    ThreadFacts(const facts::ZoneCatalog& zones_,
                const facts::GeoSource* geo_source,
                std::shared_ptr<const facts::AgentParser> parser)
        : zones(zones_), clock(zones_), agent_facts(std::move(parser)) {
        if (geo_source != nullptr) geo.emplace(*geo_source);
    }

    const facts::ZoneCatalog& zones;
    std::optional<facts::GeoReader> geo;  // absent without --geoip
    facts::LocalClock clock;
    facts::AgentClassCache agents;
    facts::AgentFactsCache agent_facts;  // for documents; rules ask `agents`
    rules::Context context;
    std::string url;               // the target that the rules rendered
    std::string reaction_context;  // what an application's rule knew when it decided

    // How often each group of facts was worked out, since a rule reads it.
    Counter geo_lookups;
    Counter local_times;
    Counter agents_classified;
};

}  // namespace redirector
