#include "redirector/api/shown_actions.hpp"

#include "redirector/api/action_document.hpp"
#include "redirector/api/listing.hpp"
#include "redirector/api/query.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/compile_pools.hpp"
#include "redirector/facts/user_agent.hpp"
#include "redirector/scan/record.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

namespace redirector::api {
namespace {

struct Parsing {
    std::shared_ptr<const facts::AgentParser> parser;
    std::vector<std::string> user_agents;
    std::vector<facts::AgentFacts> found;

    void parse() {
        for (const std::string& user_agent : user_agents)
            found.push_back(parser->parse(user_agent));
    }
};

}  // namespace

bool shows_context(const Call& call) {
    return Query(call.request.query).find("context") == "true";
}

Awaitable<std::optional<boost::json::array>> show_actions(Call& call,
                                                          std::vector<FoundAction> found) {
    std::optional<boost::json::array> documents;
    const bool with_context = shows_context(call);
    if (with_context) {
        std::vector<std::string> user_agents;
        for (const FoundAction& action : found) {
            const auto scan = scan::decode(action.record);
            if (scan) user_agents.emplace_back(scan->user_agent);
        }
        const bool learnt = co_await learn_agents(call, std::move(user_agents));
        if (!learnt) co_return documents;
    }
    const Query query(call.request.query);
    documents.emplace();
    for (const FoundAction& action : found) {
        const auto scan = scan::decode(action.record);
        if (!scan) continue;
        documents->emplace_back(
            shown(kAction, query,
                  action_document(action.position, *scan, with_context, call.services.agents)));
    }
    co_return documents;
}

Awaitable<bool> learn_agents(Call& call, std::vector<std::string> user_agents) {
    facts::AgentFactsCache& cache = call.services.agents;
    std::ranges::sort(user_agents);
    const auto repeated = std::ranges::unique(user_agents);
    user_agents.erase(repeated.begin(), repeated.end());
    std::erase_if(user_agents, [&cache](const std::string& agent) { return cache.knows(agent); });
    if (user_agents.empty()) co_return true;
    const auto parsing = std::make_shared<Parsing>();
    parsing->parser = cache.parser();
    parsing->user_agents = std::move(user_agents);
    std::function<void()> work = [parsing] { parsing->parse(); };
    const bool ran = co_await call.services.compiling.agents.run(std::move(work));
    if (!ran) {
        call.refuse(Code::unavailable, "", "too many calls ask for contexts; try again");
        co_return false;
    }
    for (std::size_t i = 0; i < parsing->found.size(); ++i)
        cache.keep(parsing->user_agents[i], std::move(parsing->found[i]));
    co_return true;
}

}  // namespace redirector::api
