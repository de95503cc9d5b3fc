#include "redirector/posted_actions.hpp"

#include "redirector/api/new_actions.hpp"
#include "redirector/config.hpp"
#include "redirector/facts/proxy.hpp"
#include "redirector/scan/ip_privacy.hpp"
#include "redirector/scan_origin.hpp"
#include "redirector/thread_facts.hpp"

#include <string>

namespace redirector {
namespace {

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

}  // namespace

Awaitable<void> create_actions(api::Call& call) {
    auto actions = co_await api::take_actions(call);
    if (!actions) co_return;
    // Between take and store is where rules add their reactions to the actions.
    const Origin origin(call.request, call.services.config, call.services.facts);
    co_await api::store_actions(call, *actions, origin.scan());
}

}  // namespace redirector
