#include "redirector/posted_actions.hpp"

#include "redirector/api/new_actions.hpp"
#include "redirector/config.hpp"
#include "redirector/facts/proxy.hpp"
#include "redirector/recorded_scan.hpp"
#include "redirector/resolve.hpp"
#include "redirector/scan/ip_privacy.hpp"
#include "redirector/scan_origin.hpp"
#include "redirector/thread_facts.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redirector {
namespace {

constexpr std::string_view kScans = "scans";

// What is known of the client. The geo reader's views are good until it is asked again, which other
// requests do while this one waits for Redis: so the texts are kept here.
class Origin {
  public:
    Origin(const Request& request, const Config& config, ThreadFacts& thread) {
        describe_client(request, config, facts::client_address(request, config.trust_proxy), scan_);
        if (thread.agents.classify(scan_.user_agent).bot) scan_.flags |= scan::kBot;
        if ((scan_.flags & scan::kDoNotTrack) != 0 && config.honour_dnt) {
            scan::leave_out_person(scan_);
        } else if (thread.geo && scan_.client_ip) {
            find(thread, *scan_.client_ip);
        }
    }
    Origin(const Origin&) = delete;
    Origin& operator=(const Origin&) = delete;

    const scan::Scan& scan() const { return scan_; }

  private:
    // Of the address as it is kept, as everything that is stored.
    void find(ThreadFacts& thread, const IpAddress& address) {
        place_ = thread.geo->lookup(address);
        region_ = place_.region;
        city_ = place_.city;
        place_.region = region_;
        place_.city = city_;
        describe_place(place_, scan_);
    }

    scan::Scan scan_;
    facts::GeoFacts place_;
    std::string region_, city_;
};

// What the rules make of a scan: those of the user's application, or of the account when the key is
// no user's. No URL means no reaction. What Redis does not tell now has no value, as in a redirect.
Awaitable<void> react(Services& services,
                      const std::string& account,
                      const scan::Scan& origin,
                      api::NewAction& action) {
    const std::vector<std::uint8_t> record = api::record_of(action, account, origin);
    const auto scan = scan::decode(record);
    if (!scan || scan->action_type != kScans) co_return;
    const RecordedScan recorded(*scan, {}, services.facts.zones);
    const facts::TrustedProxies nobody;
    const auto attempt = [&](Known& known) {
        ScanFacts facts(recorded.request(), recorded.subject(), nobody, services.facts);
        Target target;
        const Resolved resolved = resolve(recorded.subject(), facts, known, services.facts, target);
        if (resolved == Resolved::lacking) return false;
        action.reaction_level = target.level;
        action.rule = target.rule;
        action.redirect_url = target.url;
        action.reaction_context = target.context;
        return true;
    };
    co_await answer_loading(services, attempt);
}

}  // namespace

Awaitable<void> create_actions(api::Call& call) {
    auto actions = co_await api::take_actions(call);
    if (!actions) co_return;
    const Origin origin(call.request, call.services.config, call.services.facts);
    for (api::NewAction& action : actions->actions)
        co_await react(call.services, call.actor.account, origin.scan(), action);
    co_await api::store_actions(call, *actions, origin.scan());
}

}  // namespace redirector
